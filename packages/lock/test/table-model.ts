// The table again, as simply as it can be said: a list of requests, gone through for each step. The real one must do the same.
import type { Asked, Effect, LockTable } from '@troupe/lock'
import { words } from './table-asking.ts'

interface Entry extends Asked {
  ticket: bigint
  granted: boolean
  until: number
  due: number
}

export class TableModel {
  counter = 0n
  requests: Entry[] = []
  givenUp = new Map<string, number>()
  told: string[] = []

  /** Times come one after the other, so what is due first ends first. */
  expire(now: number): void {
    for (const [id, due] of this.givenUp) if (due <= now) this.givenUp.delete(id)
    for (;;) {
      const due = Math.min(...this.requests.map(entry => entry.due))
      if (!(due <= now)) return
      const entry = this.requests.find(each => each.due === due)!
      if (!entry.granted) this.told.push(`${entry.id}!timeout`)
      this.end(entry, now)
    }
  }
  acquire(asked: Asked, now: number): void {
    this.expire(now)
    const known = this.requests.find(({ id }) => id === asked.id)
    if (known !== undefined) {
      if (!known.granted) known.due = now + asked.wait
      else if (now >= known.until) this.told.push(`${known.id}!given-up`)
      else this.grant(known, now, asked.lease)
      return
    }
    if (this.givenUp.has(asked.id)) return void this.told.push(`${asked.id}!given-up`)
    const entry = { ...asked, ticket: 0n, granted: false, until: Infinity, due: now + asked.wait }
    if (asked.wait === 0 && !this.fits(entry)) return void this.told.push(`${asked.id}!busy`)
    entry.ticket = ++this.counter
    this.requests.push(entry)
    this.serve(now)
  }
  renew(name: string, token: bigint, lease: number, now: number): boolean {
    this.expire(now)
    const entry = this.holder(name, token)
    if (entry === undefined || now >= entry.until) return false
    entry.until = Math.max(entry.until, now + lease)
    entry.due = entry.until + entry.delay
    return true
  }
  release(name: string, token: bigint, now: number): string {
    this.expire(now)
    const entry = this.holder(name, token)
    const isStale = this.requests.some(each => each.name === name && each.granted && each.ticket > token)
    const was = entry !== undefined && now < entry.until ? 'held' : isStale ? 'stale' : 'lapsed'
    if (entry !== undefined) this.end(entry, now)
    return was
  }
  giveUp(id: string, now: number): void {
    this.expire(now)
    this.givenUp.set(id, now + 60_000)
    const entry = this.requests.find(each => each.id === id)
    if (entry !== undefined) this.drop(entry, now)
  }
  gone(client: string, now: number): void {
    this.expire(now)
    for (const entry of this.requests.filter(each => each.client === client)) {
      if (!entry.granted || entry.delay === 0) this.drop(entry, now)
      else {
        entry.until = Math.min(entry.until, now)
        entry.due = Math.min(entry.due, now + entry.delay)
      }
    }
  }

  private fits(entry: Entry): boolean {
    const before = this.requests.filter(
      each => each.name === entry.name && each !== entry && this.isBefore(each, entry),
    )
    return before.reduce((sum, { wants }) => sum + wants, 0) + entry.wants <= entry.permits
  }
  private isBefore(one: Entry, other: Entry): boolean {
    return other.ticket === 0n || one.ticket < other.ticket
  }
  private serve(now: number): void {
    // "fewer than the permits of tickets before it, held or waiting ahead", as the issue says it
    for (const entry of this.requests) if (!entry.granted && this.fits(entry)) this.grant(entry, now, entry.lease)
  }
  private grant(entry: Entry, now: number, lease: number): void {
    entry.until = entry.granted ? Math.max(entry.until, now + lease) : now + lease
    entry.granted = true
    entry.due = entry.until + entry.delay
    this.told.push(`${entry.id}:${entry.ticket}`)
  }
  private drop(entry: Entry, now: number): void {
    if (!entry.granted) this.told.push(`${entry.id}!given-up`)
    this.end(entry, now)
  }
  private end(entry: Entry, now: number): void {
    this.requests = this.requests.filter(each => each !== entry)
    this.serve(now)
  }
  private holder(name: string, token: bigint): Entry | undefined {
    return this.requests.find(each => each.name === name && each.granted && each.ticket === token)
  }
}

/** What a table has told, watches aside, in no order between locks. */
export const toldBy = (effects: readonly Effect[]): string[] =>
  words(effects.filter(effect => effect.do === 'grant' || effect.do === 'refuse')).toSorted()

/** Holders and waiters by lock: tickets in their order. */
export function linesOf(table: LockTable): string[] {
  return [...table.locks.values()].map(lock => {
    const [held, waiting] = [lock.holders, lock.waiters].map(line => [...line].map(({ ticket }) => ticket).join(' '))
    return `${lock.name}: ${held} | ${waiting}`
  })
}
export function linesOfModel({ requests }: TableModel): string[] {
  const names = new Set(requests.map(({ name }) => name))
  return [...names].map(name => {
    const own = requests.filter(each => each.name === name)
    const [held, waiting] = [true, false].map(
      granted =>
      own.filter(each => each.granted === granted).map(({ ticket }) => ticket).join(' '), // prettier-ignore
    )
    return `${name}: ${held} | ${waiting}`
  })
}
