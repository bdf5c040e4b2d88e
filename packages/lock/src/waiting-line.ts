// A line of requests in the order in which they came, from which any can leave at once.
//
// Invariants: tickets grow from first to last, because tickets are handed out in that order and nobody overtakes. A member is in
// one line at a time; its links are its own fields, so that neither coming nor leaving looks at anybody else.

export interface LineMember {
  readonly ticket: bigint
  before: this | undefined
  behind: this | undefined
}

export class Line<Member extends LineMember> {
  #first: Member | undefined = undefined
  #last: Member | undefined = undefined
  #count = 0

  get first(): Member | undefined {
    return this.#first
  }
  get last(): Member | undefined {
    return this.#last
  }
  get count(): number {
    return this.#count
  }

  /** Its ticket must be later than all in the line. */
  push(member: Member): void {
    member.before = this.#last
    member.behind = undefined
    if (this.#last === undefined) this.#first = member
    else this.#last.behind = member
    this.#last = member
    this.#count++
  }
  remove(member: Member): void {
    const { before, behind } = member
    if (before === undefined) this.#first = behind
    else before.behind = behind
    if (behind === undefined) this.#last = before
    else behind.before = before
    member.before = undefined
    member.behind = undefined
    this.#count--
  }
  *[Symbol.iterator](): Generator<Member, void> {
    for (let at = this.#first; at !== undefined; at = at.behind) yield at
  }
}
