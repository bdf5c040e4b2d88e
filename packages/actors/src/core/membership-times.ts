// The times that membership keeps, in ms. They belong together: a node that has stopped is declared down when it has been
// silent for `silence`, and the leases it was granted have run out, `lease` + `margin` after its last heartbeat.
//
// With the defaults that is 1.4 s and the time of a few messages, within the 2 s that are promised; a connection that goes
// in one direction only is suspicious after 1.2 to 1.6 s, and its end declared within 3.5 s.
export interface MembershipTimes {
  /** Between two heartbeats to each peer. */
  readonly every: number
  /** Silence that is suspicious, by how regular a peer was: least and most. */
  readonly silence: readonly [number, number]
  readonly lease: number
  /** By which a lease is longer for who granted it: what clocks may differ in as long as a lease runs. */
  readonly margin: number
  /** For how long a suspected one must be heard, the first time, and at most: doubled with each relapse. */
  readonly steady: readonly [number, number]
  /** Before the second attempt to connect, and at most. */
  readonly retry: readonly [number, number]
  /** What is not decided by then is put to the vote again. */
  readonly vote: number
  /** A seed that nobody hears of counts as not there, when a cluster is founded. */
  readonly found: number
  /** `tick` is called at least so often; what is later is this process's own pause. */
  readonly tick: number
}

export const MEMBERSHIP_TIMES: MembershipTimes = {
  every: 200,
  silence: [800, 1_200],
  lease: 1_200,
  margin: 200,
  steady: [500, 8_000],
  retry: [50, 1_000],
  vote: 800,
  found: 3_000,
  tick: 50,
}
