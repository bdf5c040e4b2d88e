// A simulated thread's vault: what it keeps there is whole whenever the thread is lost, as a real one's is, and outlasts it.
// It has the same limit, in the bytes of its records alone.
import type { Address } from '../core/address.ts'
import type { RecordKind, Vault, VaultRecord } from '../core/platform.ts'

export class SimVault implements Vault {
  readonly #most: number
  readonly #records = new Map<number, VaultRecord>()
  #handles = 0
  bytes = 0

  constructor(most: number) {
    this.#most = most
  }

  put(record: number, kind: RecordKind, actor: Address, bytes: Uint8Array, start: number, end: number): number {
    const old = this.#records.get(record)
    const grown = this.bytes + (end - start) - (old?.bytes.length ?? 0)
    if (grown > this.#most) return 0
    const { home, birth, serial, protocol } = actor
    const handle = record === 0 ? ++this.#handles : record
    const own = bytes.slice(start, end)
    this.#records.set(handle, { kind, handle, home, birth, serial, protocol: protocol.number, bytes: own })
    this.bytes = grown
    return handle
  }
  drop(record: number): void {
    this.bytes -= this.#records.get(record)!.bytes.length
    this.#records.delete(record)
  }

  [Symbol.iterator](): Iterator<VaultRecord> {
    return [...this.#records.values()][Symbol.iterator]()
  }
  empty(): void {
    this.#records.clear()
    this.bytes = 0
  }
}
