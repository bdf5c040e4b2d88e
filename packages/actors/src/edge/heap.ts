// How full this thread's heap is. What runs out is the old generation: the young one is emptied into it.
//
// Invariant: buffers do not count, as they are outside of the heap, and so of its limit.
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import { resourceLimits } from 'node:worker_threads'

const YOUNG = new Set(['new_space', 'new_large_object_space'])

/** In bytes. Takes some µs. */
export function heapUse(): { used: number; limit: number } {
  let used = 0
  for (const { space_name: space, space_used_size: size } of getHeapSpaceStatistics()) {
    if (!YOUNG.has(space)) used += size
  }
  // the first thread has no limits of its own
  const { maxOldGenerationSizeMb } = resourceLimits
  const limit =
    maxOldGenerationSizeMb === undefined ? getHeapStatistics().heap_size_limit : maxOldGenerationSizeMb * 2 ** 20
  return { used, limit }
}
