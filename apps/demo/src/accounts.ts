// What a lost thread has cost, told from the figures: which flights are missing, and whether the loss explains it all.
//
// A message is lost only where that thread had it: in the mailbox of an airport there, or sent by one and still on the
// thread. So a flight may be missing because its origin stood there and had not let it depart, or had just done so, or
// because its destination did and had not let it land: nothing else.
// Invariants: whatever else is missing is unexplained, and so is all that there is too much of; a figure for which no
// flight is missing must be that of the plain reduce.
import type { Figures } from './airport.ts'
import type { AllFigures } from './reference.ts'

export interface Accounts {
  /** Flights that have never departed, and those that have and did not land. */
  readonly notDeparted: number
  readonly notLanded: number
  /** Airports for which no flight is missing. */
  readonly complete: number
  /** What the loss does not explain, a line each. */
  readonly unexplained: readonly string[]
}

/** `struck`: the codes of the airports that stood on the lost thread. */
export function accountsOf(actors: AllFigures, reference: AllFigures, struck: ReadonlySet<string>): Accounts {
  const unexplained: string[] = []
  let [departed, landed, landedElsewhere, fromThere, complete] = [0, 0, 0, 0, 0]
  for (const code of new Set([...reference.keys(), ...actors.keys()])) {
    const [ours, theirs] = [actors.get(code), reference.get(code)]
    if (ours === undefined || theirs === undefined) {
      unexplained.push(`${code} is known only to ${ours === undefined ? 'the reduce' : 'the actors'}`)
      continue
    }
    const missing = { departed: theirs.departed - ours.departed, landed: theirs.landed - ours.landed }
    departed += missing.departed
    landed += missing.landed
    if (struck.has(code)) fromThere += theirs.departed
    else landedElsewhere += missing.landed
    if (missing.departed === 0 && missing.landed === 0) complete++
    for (const fault of faultsOf(missing, ours, theirs, struck.has(code))) unexplained.push(`${code} ${fault}`)
  }
  if (landedElsewhere > fromThere) {
    unexplained.push(`flights that did not land on other threads: ${landedElsewhere}; they had ${fromThere} from there`)
  }
  return { notDeparted: departed, notLanded: landed - departed, complete, unexplained }
}

function faultsOf(
  missing: Pick<Figures, 'departed' | 'landed'>,
  ours: Figures,
  theirs: Figures,
  struck: boolean,
): string[] {
  const faults: string[] = []
  const differ = (figure: keyof Figures): void => {
    if (!Object.is(ours[figure], theirs[figure])) faults.push(`${figure}: ${ours[figure]}, and not ${theirs[figure]}`)
  }
  if (missing.departed < 0 || (missing.departed > 0 && !struck)) differ('departed')
  if (missing.landed < 0) differ('landed')
  if (missing.departed === 0) differ('busiestHour')
  if (missing.landed === 0) {
    differ('delayTotal')
    differ('longestDelay')
  }
  return faults
}
