// A host thread: the task that Piscina runs in each worker of a system, for as long as the system lives.
//
// Invariants: an unhandled rejection is an event, and the fault of its actor where only one can have caused it; it never
// ends the thread. The task ends when the first thread has said that the system is closed, or is gone itself.
import { Core } from './core/core.ts'
import { NodePlatform } from './edge/node-platform.ts'
import type { HostTask } from './edge/thread-pool.ts'
import { blame } from './core/blame.ts'

export async function host({ thread, inherits, quarantined, parts, limits }: HostTask): Promise<void> {
  const platform = new NodePlatform(parts, thread)
  const core = new Core(platform, limits)
  process.on('unhandledRejection', reason => blame(core, reason))
  await new Promise<void>(done => {
    platform.onGone = other => {
      core.lostThread(other)
      if (other === 0) done()
    }
    platform.onHeir = (lost, heir) => core.heir(lost, heir)
    core.onEnd = done
    platform.start(core)
    core.heirs.begin(inherits, quarantined)
  })
  platform.close()
}
