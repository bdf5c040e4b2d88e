// What is wrong with a frame, or a record, that another process has sent. It ends the link to that process, and nothing else.
import { TroupeError } from '../core/errors.ts'

export class BadFrame extends TroupeError {
  readonly what: string
  /** The byte of the frame, or record, where it was noticed. */
  readonly at: number
  constructor(what: string, at: number) {
    super('bad-frame', `a frame from another process is not as this version writes them: at byte ${at}, ${what}`)
    this.what = what
    this.at = at
  }
}
