// What is due when: a binary heap that knows where each of its members stands, so that one can be taken out, or get another
// time, without a search. A released grant leaves nothing behind, however long its lease was.
//
// Invariants: no member is due before its parent; `place` is a member's index, and -1 while it is in no heap. Members that are
// due at one time come in the order of their numbers, so that the same calls always give the same order.

export interface HeapMember {
  due: number
  place: number
  readonly number: number
}

export class DueHeap<Member extends HeapMember> {
  readonly #members: Member[] = []

  get size(): number {
    return this.#members.length
  }
  /** The one that is due first. */
  get first(): Member | undefined {
    return this.#members[0]
  }

  /** Puts it in, or moves it to where it belongs now that it is due at `due`. */
  set(member: Member, due: number): void {
    member.due = due
    if (member.place < 0) {
      member.place = this.#members.length
      this.#members.push(member)
    }
    this.#rise(member)
    this.#sink(member)
  }
  remove(member: Member): void {
    const { place } = member
    if (place < 0) return
    const last = this.#members.pop()!
    member.place = -1
    if (last === member) return
    last.place = place
    this.#members[place] = last
    this.#rise(last)
    this.#sink(last)
  }

  #rise(member: Member): void {
    while (member.place > 0) {
      const parent = this.#members[(member.place - 1) >> 1]!
      if (!isBefore(member, parent)) return
      this.#swap(parent, member)
    }
  }
  #sink(member: Member): void {
    for (;;) {
      const left = this.#members[2 * member.place + 1]
      const right = this.#members[2 * member.place + 2]
      const child = right !== undefined && isBefore(right, left!) ? right : left
      if (child === undefined || !isBefore(child, member)) return
      this.#swap(member, child)
    }
  }
  /** `lower` takes the place of `upper`, which stood above it. */
  #swap(upper: Member, lower: Member): void {
    const { place } = upper
    upper.place = lower.place
    lower.place = place
    this.#members[upper.place] = upper
    this.#members[place] = lower
  }
}

const isBefore = (a: HeapMember, b: HeapMember): boolean => a.due < b.due || (a.due === b.due && a.number < b.number)
