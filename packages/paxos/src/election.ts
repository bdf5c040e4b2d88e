// Which replica is to lead, found out in rounds of heartbeats (after the ballot leader election of OmniPaxos: Ng, Haridi, Carbone, EuroSys 2023,
// section 5). Who gets answers of a quorum in a round can lead; of those that can, the greatest ballot does. Who hears of none that can, and
// can itself, takes a ballot above all that it knows. So a leader is found as long as one replica can reach a quorum directly, whoever else cannot.
//
// Invariants: its own ballot only grows; one that it has led with, or that lies below its promise, is never stood for again. Who hears of a
// leader only through others keeps still: two that cannot hear each other would else depose each other for ever. Nothing here is needed to
// be safe: the acceptors see to that.
import { type Ballot, ballotAfter, compareBallots, laterBallot } from './ballot.ts'
import type { Alive, Heartbeat } from './log-messages.ts'
import { isVoter, type Members } from './membership.ts'

/** What the replica knows of itself. */
export interface ElectionView {
  readonly members: Members
  readonly promised: Ballot | undefined
  /** The ballot with which it leads, or prepares to. */
  readonly leads: Ballot | undefined
  readonly decided: number
}
export type Verdict =
  /** It is to lead with this ballot, or to go on. */
  | { readonly kind: 'lead'; readonly ballot: Ballot }
  | { readonly kind: 'follow'; readonly ballot: Ballot }
  /** Nobody that it can hear leads; or it hears no quorum, or has no vote. */
  | { readonly kind: 'none'; readonly ballot?: undefined }

export class Election {
  readonly #member: string
  #round = 0
  #ballot: Ballot
  /** The latest that it knows to have been stood for. */
  #known: Ballot | undefined
  #reaches = false
  #follows: Ballot | undefined = undefined
  #answers = new Map<string, Alive>()

  /** `promised`: by an earlier life. */
  constructor(member: string, promised: Ballot | undefined) {
    this.#member = member
    this.#known = promised
    this.#ballot = { round: 0, node: member }
  }

  /** What to ask all others, in a new round. */
  ask(decided: number): Heartbeat {
    this.#answers = new Map()
    return { kind: 'heartbeat', round: ++this.#round, decided }
  }
  answer(round: number, view: ElectionView): Alive {
    const { members, promised, decided } = view
    return {
      kind: 'alive',
      round,
      epoch: members.epoch,
      ballot: this.#ballot,
      stands: this.#reaches && this.#isFit(view),
      promised,
      follows: this.#follows,
      decided,
    }
  }
  heard(from: string, alive: Alive): void {
    if (alive.round === this.#round) this.#answers.set(from, alive)
  }

  /** The round is over. */
  judge(view: ElectionView): Verdict {
    const { members, leads } = view
    const { prepare, accept } = members.quorums
    const answers = [...this.#answers].filter(([from, { epoch }]) => epoch === members.epoch && isVoter(members, from))
    const needed = leads === undefined ? Math.max(prepare, accept) : accept
    this.#follows = undefined
    this.#reaches = isVoter(members, this.#member) && answers.length + 1 >= needed
    if (!this.#reaches) return { kind: 'none' }
    return this.#choose(
      answers.map(([, alive]) => alive),
      view,
    )
  }
  #choose(answers: readonly Alive[], view: ElectionView): Verdict {
    let best = this.#isFit(view) ? this.#ballot : undefined
    let highest = laterBallot(this.#known, view.promised)
    let reported: Ballot | undefined
    for (const { ballot, stands, promised, follows } of answers) {
      if (stands) best = laterBallot(best, ballot)
      highest = laterBallot(highest, promised)
      reported = laterBallot(reported, follows)
    }
    highest = laterBallot(highest, laterBallot(best, reported))
    if (best !== undefined && compareBallots(best, highest) >= 0) {
      this.#known = best
      this.#follows = best
      return { kind: best.node === this.#member ? 'lead' : 'follow', ballot: best }
    }
    if (reported !== undefined && compareBallots(reported, highest) >= 0) this.#known = reported
    else this.#ballot = ballotAfter(highest, this.#member, view.members.epoch)
    return { kind: 'none' }
  }
  /** Ballots of round 0 are nobody's. One that has been promised may have been led with, by an earlier life. */
  #isFit({ promised, leads, members }: ElectionView): boolean {
    if (this.#ballot.round === 0 || (this.#ballot.epoch ?? 0) !== members.epoch) return false
    return compareBallots(leads, this.#ballot) === 0 || compareBallots(this.#ballot, promised) > 0
  }

  /** A new epoch begins. Who has led the last one may go on at once, with the ballot that this gives. */
  begin(epoch: number, goesOn: boolean): Ballot | undefined {
    this.#answers = new Map()
    this.#known = undefined
    this.#reaches = goesOn
    this.#ballot = ballotAfter({ epoch, round: 0, node: this.#member }, this.#member, epoch)
    if (!goesOn) this.#ballot = { ...this.#ballot, round: 0 }
    this.#follows = goesOn ? this.#ballot : undefined
    return this.#follows
  }
}
