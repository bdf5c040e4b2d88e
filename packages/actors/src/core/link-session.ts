// What two processes say to each other, whatever connections come and go: numbered records both ways, each delivered exactly
// once and in order, and beats beside them. Bytes in, bytes out: it knows no sockets and no time.
//
// Invariants:
// - There is at most one connection (`attach` … `detach`). It begins with both sides telling the number of the last segment that
//   they have received; all behind it is written again.
// - Beats and acknowledgements go out ahead of records that wait, so they never wait for a window, and behind no more than what
//   the connection holds. Of beats that wait the newest stays.
// - An acknowledgement is never acknowledged: two sides that have nothing to say are silent.
import { LinkIncoming, type IncomingEvents } from './link-incoming.ts'
import { LinkOutgoing, type Sink, type TakeRecord } from './link-outgoing.ts'
import { ACK, BEAT, copyBytes, headWord, HEADER, MOST_PAYLOAD, segmentSize } from './link-segment.ts'

export interface SessionLimits {
  /** Bytes of the largest record. */
  readonly record: number
  /** Bytes on their way before the first of them must be acknowledged. */
  readonly window: number
  /** Bytes not acknowledged at which a session is `full`. */
  readonly pending: number
}

const MiB = 1024 * 1024
/** A frame of 64 MiB with what stands before it; the window covers 40 ms at 100 MB/s. */
export const SESSION_LIMITS: SessionLimits = { record: 64 * MiB + 1024, window: 4 * MiB, pending: 16 * MiB }

export interface SessionEvents extends Pick<IncomingEvents, 'record' | 'beat'> {
  /** It was full, and less than half of that is left. */
  room(): void
}

export class LinkSession {
  readonly #limits: SessionLimits
  readonly #events: SessionEvents
  readonly #outgoing = new LinkOutgoing()
  readonly #incoming: LinkIncoming
  #sink: Sink | undefined
  /** The sink said that it is full. */
  #blocked = false
  #beat: Uint8Array | undefined
  /** The last number that the peer was told of as received. */
  #told = 0
  /** Bytes received since then. */
  #untold = 0
  #wasFull = false
  #ended = false

  constructor(events: SessionEvents, limits: SessionLimits = SESSION_LIMITS) {
    this.#events = events
    this.#limits = limits
    const { record, beat } = events
    const acknowledged = (number: number) => this.#acknowledged(number)
    this.#incoming = new LinkIncoming({ record, beat, acknowledged }, limits.record)
  }

  // --- Sending

  /** Accepts a record, copied; it leaves at `flush`. Kinds are 0 to 255. Past the end of the session it is forgotten. */
  send(kind: number, bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (!this.#fits(end - start)) return
    this.#outgoing.append(kind, bytes, start, end)
  }
  /**
   * The same for a part of a record: it may become one with parts of that kind before it. Parts must tell their own lengths, and lie
   * 8-aligned in the record.
   */
  join(kind: number, bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (!this.#fits(end - start)) return
    this.#outgoing.join(kind, bytes, start, end)
  }
  /** Sends a datagram with the next flush, or instead of an earlier one that still waits; up to 65,528 bytes. */
  beat(bytes: Uint8Array): void {
    if (bytes.length > MOST_PAYLOAD) throw new RangeError(`a beat of ${bytes.length} bytes; at most ${MOST_PAYLOAD}`)
    if (!this.#ended) this.#beat = new Uint8Array(bytes) // slice() would give a view of a Buffer
  }

  /** Writes what the connection and the window take. */
  flush(): void {
    this.#flush(this.#untold >= this.#limits.window >> 4)
  }
  /** The same, and tells the peer what has been received. */
  acknowledge(): void {
    this.#flush(true)
  }
  /** Whether the peer is still to be told of something that was received. */
  get owes(): boolean {
    return this.#incoming.received !== this.#told
  }

  /** Bytes, with their headers, that were accepted and not acknowledged. */
  get pending(): number {
    return this.#outgoing.pending
  }
  /** Whether `pending` has reached its limit: `room` tells when to go on. Nothing is refused. */
  get full(): boolean {
    if (this.#outgoing.pending < this.#limits.pending) return false
    return (this.#wasFull = true)
  }

  // --- The connection

  /** Number of the last segment received: what the peer has to know when a connection begins. */
  get received(): number {
    return this.#incoming.received
  }
  get attached(): boolean {
    return this.#sink !== undefined
  }
  /** A connection to the peer, which has received all up to `number`. Throws a LinkFailed if that cannot be. */
  attach(sink: Sink, number: number): void {
    this.detach()
    this.#acknowledged(number)
    this.#outgoing.restart()
    this.#told = this.received
    this.#untold = 0
    this.#sink = sink
  }
  /** The connection has ended. */
  detach(): void {
    this.#sink = undefined
    this.#blocked = false
    this.#beat = undefined
    this.#incoming.reset()
  }
  /** The connection has room again. */
  drained(): void {
    this.#blocked = false
    this.flush()
  }
  /** Takes bytes of the connection. Throws a LinkFailed when they make no sense, and what a handler of a record throws. */
  receive(chunk: Uint8Array): void {
    if (this.#sink === undefined) return
    this.#untold += chunk.length
    this.#incoming.take(chunk)
    // long before the peer's window is full
    if (this.#untold >= this.#limits.window >> 4) this.flush()
  }

  /** Gives memory back that idle sessions need not have. */
  shrink(): void {
    this.#outgoing.shrink()
    this.#incoming.shrink()
  }

  // --- The end

  /** The peer is gone for good: nothing is accepted any more. */
  end(): void {
    this.detach()
    this.#ended = true
    this.#incoming.shrink()
  }
  /** Hands out, in order, every record that the peer may not have received, and forgets them. After the end only. */
  forsake(take: TakeRecord): void {
    if (!this.#ended) throw new Error('a session gives its records back after its end')
    const outgoing = this.#outgoing
    outgoing.unacknowledged(take)
    outgoing.forget()
  }

  #fits(length: number): boolean {
    if (length <= this.#limits.record) return !this.#ended
    throw new RangeError(`a record of ${length} bytes; at most ${this.#limits.record}`)
  }

  #flush(acknowledging: boolean): void {
    const sink = this.#sink
    if (sink === undefined || this.#blocked) return
    const { waits } = this.#outgoing
    const beat = this.#beat
    const acknowledges = this.owes && (acknowledging || waits || beat !== undefined)
    if (!acknowledges && beat === undefined) {
      if (waits) this.#blocked = !this.#outgoing.writeTo(sink, this.#limits.window)
      return
    }
    this.#beat = undefined
    sink.cork()
    const room = sink.write(this.#beside(acknowledges, beat))
    this.#blocked = !room || !this.#outgoing.writeTo(sink, this.#limits.window)
    sink.uncork()
  }

  /** An acknowledgement, a beat, or both, as bytes of the stream. */
  #beside(acknowledges: boolean, beat: Uint8Array | undefined): Uint8Array {
    const ack = acknowledges ? segmentSize(8) : 0
    const bytes = new Uint8Array(ack + (beat === undefined ? 0 : segmentSize(beat.length)))
    const words = new Int32Array(bytes.buffer)
    if (acknowledges) {
      this.#told = this.received
      this.#untold = 0
      words.set([8, headWord(ACK, 0, 0), this.#told | 0, Math.floor(this.#told / 2 ** 32)])
    }
    if (beat !== undefined) {
      words.set([beat.length, headWord(BEAT, 0, 0)], ack >> 2)
      copyBytes(beat, 0, beat.length, bytes, ack + HEADER)
    }
    return bytes
  }

  #acknowledged(number: number): void {
    const held = this.#outgoing.onTheWay >= this.#limits.window
    this.#outgoing.acknowledge(number)
    if (held) this.flush()
    if (!this.#wasFull || this.#outgoing.pending > this.#limits.pending >> 1) return
    this.#wasFull = false
    this.#events.room()
  }
}
