// Judges what happened when a plan was carried out, from outside: by what its goroutines say of themselves.
//
// What must hold, whatever the order in which things came to pass: each value that was sent is received once, by one; what
// was not sent is not received; what a receiver gets from one sender comes in its order; nothing comes after the end;
// everybody ends; and a channel that is closed and drained behaves like one.
import type { Happening, Outcome, Plan } from './programs/plan.ts'

/** What a channel does that is closed and drained. */
export const CLOSED = 'receive done, closed true, send channel-closed, trySend channel-closed, select done'

/** What was wrong, in words; nothing, if all is well. */
export function audit(plan: Plan, { happened, afterwards, waiting }: Outcome): string[] {
  if (waiting.length > 0) return [`these wait for ever: ${waiting.join(', ')}`]
  const wrong: string[] = []
  plan.channels.forEach(({ overflow = 'wait' }, at) => {
    const sent = new Set<string>()
    const received = new Map<string, number>()
    for (const one of happened) {
      for (const value of valuesOf(one, 'sent', at)) sent.add(value)
      for (const value of valuesOf(one, 'received', at)) received.set(value, (received.get(value) ?? 0) + 1)
    }
    for (const [value, times] of received) {
      if (!sent.has(value)) wrong.push(`channel ${at}: ${value} was received, and never sent`)
      if (times > 1) wrong.push(`channel ${at}: ${value} was received ${times} times`)
    }
    if (overflow === 'wait') {
      for (const value of sent) if (!received.has(value)) wrong.push(`channel ${at}: ${value} was sent and is lost`)
    }
    happened.forEach((one, i) =>
      wrong.push(...receiverAt(one, at).map(what => `channel ${at}, goroutine ${i}: ${what}`)),
    )
    if (afterwards[at] !== CLOSED) wrong.push(`channel ${at}, when all was over: ${afterwards[at]}`)
  })
  return wrong
}

function valuesOf(happened: readonly Happening[], did: 'sent' | 'received', at: number): string[] {
  return happened.flatMap(one => (one.did === did && one.at === at && 'value' in one ? [one.value] : []))
}

/** What was wrong with what one goroutine received from a channel. */
function receiverAt(happened: readonly Happening[], at: number): string[] {
  const wrong: string[] = []
  const last = new Map<string, number>()
  let ended = false
  for (const one of happened) {
    if (one.did === 'ended' && one.at === at) ended = true
    if (one.did !== 'received' || one.at !== at) continue
    if (ended) wrong.push(`${one.value} came after the end`)
    const [sender, serial] = one.value.split('.') as [string, string]
    const before = last.get(sender) ?? -1
    if (Number(serial) < before) wrong.push(`${one.value} came after ${sender}.${before}`)
    last.set(sender, Number(serial))
  }
  return wrong
}
