import { TidewireError } from './errors'
import { type Operation, beginOperation, endOperation, native, scheduleFlush } from './handoff'

/**
 * An operation as a promise. `begin` hands it to the core under its number; `take` makes the value
 * of the result that the core gives.
 */
export function perform<T>(
  signal: AbortSignal | undefined,
  take: (result: number, status: number) => T,
  begin: (operation: number) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    checkSignal(signal)
    if (signal?.aborted === true) throw cancelledBy(signal)
    const operation: Operation = {
      completed: (result, status) => {
        if (signal !== undefined) unwatch(signal, number)
        try {
          resolve(take(result, status))
        } catch (error) {
          reject(asError(error))
        }
      },
      failed: (error) => {
        if (signal !== undefined) unwatch(signal, number)
        const ours = signal?.aborted === true && error.code === 'cancelled'
        reject(ours ? cancelledBy(signal) : error)
      },
    }
    const number = beginOperation(operation)
    try {
      begin(number)
    } catch (error) {
      endOperation(number)
      throw error
    }
    scheduleFlush()
    if (signal !== undefined) watch(signal, number)
  })
}

/** The operations that each signal cancels: with one listener, however many they are. */
const watched = new WeakMap<AbortSignal, Set<number>>()

function watch(signal: AbortSignal, number: number): void {
  let numbers = watched.get(signal)
  if (numbers === undefined) {
    const made = new Set<number>()
    const cancelAll = (): void => made.forEach((one) => native.operationCancel(one))
    signal.addEventListener('abort', cancelAll, { once: true })
    watched.set(signal, made)
    numbers = made
  }
  numbers.add(number)
}

function unwatch(signal: AbortSignal, number: number): void {
  watched.get(signal)?.delete(number)
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new TidewireError('internal', String(thrown))
}

export function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal
  throw new TidewireError('invalid_argument', 'signal is an AbortSignal')
}

export function cancelledBy(signal: AbortSignal): TidewireError {
  return new TidewireError('cancelled', undefined, { cause: signal.reason })
}
