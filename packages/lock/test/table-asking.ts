// Short words for tests of the table: what is asked, and what comes of it.
import { type Asked, type Effect, LockTable, type TableOptions } from '@troupe/lock'

export const newTable = (options: Partial<TableOptions> = {}): LockTable =>
  new LockTable({ counter: 0n, most: 1_000, quietUntil: 0, ...options })

export function asked(id: string, name: string, more: Partial<Asked> = {}): Asked {
  const rest = { owner: undefined, client: undefined, ...more }
  return { permits: 1, wants: 1, wait: 1_000, lease: 100, delay: 0, ...rest, id, name }
}

/** `a:1` for a grant of token 1 to a, `b!busy` for a refusal. */
export function words(effects: readonly Effect[]): string[] {
  return effects.map(effect => {
    switch (effect.do) {
      case 'grant':
        return `${effect.id}:${effect.token}`
      case 'refuse':
        return `${effect.id}!${effect.because.why}`
      default:
        return `${effect.do} ${effect.client}`
    }
  })
}
