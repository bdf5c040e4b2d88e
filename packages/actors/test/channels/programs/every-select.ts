// Every form of a select around one operation that can go ahead: with cases that never can before it and after it, null
// ones among them, waiting or not. (Go: test/chan/select5.go)
import { type Case, type Channel, type GoContext, goroutine, select, trySelect } from '@troupe/actors'
import type { Placement } from '../placement.ts'

const dummies = ['sendToNobody', 'receiveFromNobody', 'sendToNull', 'receiveFromNull'] as const

/** Each subset of the dummies, with the real case in each position among them. */
function* forms(): Generator<string[]> {
  for (let subset = 0; subset < 2 ** dummies.length; subset++) {
    const names: string[] = dummies.filter((_, i) => subset & (1 << i))
    for (let at = 0; at <= names.length; at++) yield names.toSpliced(at, 0, 'real')
  }
}

function casesOf(form: string[], real: Case<any>, nobody: Channel<number>): Record<string, Case<any> | null> {
  const made: Record<string, Case<any> | null> = {
    real,
    sendToNobody: nobody.sending(1),
    receiveFromNobody: nobody.receiving(),
    sendToNull: null,
    receiveFromNull: null,
  }
  return Object.fromEntries(form.map(name => [name, made[name]!]))
}

/** What went wrong, in words, and how many forms there were. */
export const everySelect = goroutine(import.meta, 'every-select', async (ctx: GoContext, _on: Placement) => {
  const channel = ctx.channel<number>({ capacity: 1 })
  const nobody = ctx.channel<number>()
  const wrong: string[] = []
  let n = 0
  const check = (what: string, form: string[], got: unknown): void => {
    if (got !== n) wrong.push(`${what} in ${form.join(', ')}: ${String(got)} instead of ${n}`)
  }
  for (const form of forms()) {
    for (const choose of [select, trySelect]) {
      n++
      await channel.send(n)
      const received = (await choose(casesOf(form, channel.receiving(), nobody))) as { value?: unknown } | undefined
      check(`${choose.name} to receive`, form, received?.value)
      n++
      await choose(casesOf(form, channel.sending(n), nobody))
      check(`${choose.name} to send`, form, (await channel.receive()).value)
      const nothing = trySelect(casesOf(form, channel.receiving(), nobody))
      if (nothing !== undefined) wrong.push(`${form.join(', ')}: ${JSON.stringify(nothing)} out of nothing`)
    }
  }
  return { wrong, forms: n }
})
