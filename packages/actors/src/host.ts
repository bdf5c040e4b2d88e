// A host thread: the task that Piscina runs in each worker of a system, for as long as the system lives.
//
// Invariants: an unhandled rejection is an event, and the fault of its actor where only one can have caused it; it never
// ends the thread. The task ends when the first thread has said that the system is closed, or is gone itself; a thread that
// another has taken the place of ends with its worker.
import { Core } from './core/core.ts'
import { NodePlatform } from './edge/node-platform.ts'
import type { HostTask } from './edge/thread-pool.ts'
import { blame } from './core/blame.ts'

export async function host({ thread, inherits, quarantined, upgrades, parts, limits }: HostTask): Promise<void> {
  const platform = new NodePlatform(parts, thread)
  const core = new Core(platform, limits)
  process.on('unhandledRejection', reason => blame(core, reason))
  const inOrder = await new Promise<boolean>(done => {
    platform.onGone = (other, inOrder) => {
      core.lostThread(other, undefined, inOrder)
      if (other === 0) done(false)
    }
    platform.onHeir = (lost, heir) => core.heir(lost, heir)
    core.onEnd = done
    platform.start(core)
    void core.upgrades.begin(upgrades)
    core.heirs.begin(inherits, quarantined)
  })
  platform.close()
  // the pool would give this worker another task, and it has loaded old code: the first thread ends it
  if (inOrder) await new Promise<never>(() => {})
}
