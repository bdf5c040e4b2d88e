// What goes wrong with consensus by the caller's doing: members, quorums or calls that make no sense.
// What the outside world does, lost messages and nodes that stand still, is no error here: a proposer tries again.

/** `code` says what was wrong, for programs; the message says it for people, with what to do. */
export type PaxosErrorCode = 'bad-members' | 'bad-quorum' | 'not-a-member'

export class PaxosError extends Error {
  readonly code: PaxosErrorCode
  constructor(code: PaxosErrorCode, message: string) {
    super(message)
    this.code = code
  }
  override get name(): string {
    return 'PaxosError'
  }
}
