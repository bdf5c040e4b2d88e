// Prints the states of a move into docs/moving.md, as a table and as a diagram, both made of `steps` in handoff-states.ts:
// node packages/actors/test/moving/diagram.ts
//
// Invariant: what stands between the two marks of the document is what `stateTable` and `stateDiagram` give; a test checks it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Phase, type Step, steps } from '../../src/core/handoff-states.ts'

const phases: Readonly<Record<Phase, string>> = {
  away: 'the actor is elsewhere',
  arriving: 'its copy is here, and not live',
  here: 'it is live here',
  leaving: 'it is live here, but begins no turn before its offer has been answered',
  given: 'the copy over there is the live one; this one is kept until that has been heard',
}
const meanings: Readonly<Record<Step, string>> = {
  offered: 'an OFFER has come, with a higher epoch',
  committed: 'COMMIT has come',
  cancelled: 'CANCEL has come, or the source is lost, or the copy cannot be made',
  offer: 'it is packed, and offered to the target',
  commit: 'READY has come; its mailbox and COMMIT are sent',
  rollBack: 'REFUSED has come, or the deadline has passed, or the target is lost',
  heard: 'MOVED has come: it is live over there',
  returned: 'the target is lost, and had not read the commit',
  superseded: 'there is news of a higher epoch: it lives elsewhere',
}

interface Edge {
  readonly from: Phase
  readonly step: Step
  readonly to: Phase
}

function edges(): Edge[] {
  return (Object.keys(steps) as Phase[]).flatMap(from =>
    (Object.entries(steps[from]) as [Step, Phase][]).map(([step, to]) => ({ from, step, to })),
  )
}

export function stateTable(): string {
  const rows = edges().map(({ from, step, to }) => `| ${from} | ${step} | ${to} | ${meanings[step]} |`)
  const known = Object.entries(phases).map(([phase, text]) => `| ${phase} | ${text} |`)
  return ['| phase | |', '|---|---|', ...known, '', '| in | step | then | when |', '|---|---|---|---|', ...rows].join(
    '\n',
  )
}

export function stateDiagram(): string {
  const arrows = edges().map(({ from, step, to }) => `    ${from} --> ${to}: ${step}`)
  return ['```mermaid', 'stateDiagram-v2', '    [*] --> away', ...arrows, '```'].join('\n')
}

const BEGIN = '<!-- begin -->\n'
const END = '<!-- end -->'

/** The document with the table and the diagram between its marks. Throws where it has no marks. */
export function printed(document: string): string {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)]
  if (from < 0 || to < from) throw new Error(`the document has no ${BEGIN.trim()} … ${END}`)
  return `${document.slice(0, from)}${BEGIN}\n${stateTable()}\n\n${stateDiagram()}\n\n${document.slice(to)}`
}

export const path = join(import.meta.dirname, '../../../../docs/moving.md')

if (import.meta.main) writeFileSync(path, printed(readFileSync(path, 'utf8')))
