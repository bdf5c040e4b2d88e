// Breaks classes on purpose, for tests that must find out, and mends them afterwards.
import { afterEach } from 'vitest'

const repairs: (() => void)[] = []
afterEach(() => {
  for (const repair of repairs.splice(0).reverse()) repair()
})

/** Replaces a method, or a getter, of a class until the test has ended; the new one gets the old one. */
export function breaks<T extends object, K extends keyof T>(target: T, name: K, make: (old: T[K]) => unknown): void {
  const old = Object.getOwnPropertyDescriptor(target, name)!
  repairs.push(() => void Object.defineProperty(target, name, old))
  const value = make(old.value as T[K])
  Object.defineProperty(target, name, old.get ? { configurable: true, get: value as () => unknown } : { ...old, value })
}
