import { flightRecorder, type FlightRecorder } from '@haggle/node'
import { flightFiles } from '@haggle/node/system'
import { HaggleError } from '@haggle/protocol'

/** 64 MiB: some hours of a busy agent. */
const USUAL_BYTES = 67_108_864

/** Records the engine of an agent that is about to start; throws `flight/unwritable`. */
export function recordedFlight(directory: string, maxBytes: number = USUAL_BYTES): FlightRecorder {
  try {
    const sink = flightFiles(directory, {
      maxBytes,
      // The agent is worth more than its record: it goes on.
      onFailure: ({ message }) => void process.stderr.write(`haggle: the flight record ends here: ${message}\n`),
    })
    return flightRecorder(sink)
  } catch (cause) {
    throw new HaggleError('flight/unwritable', `${directory} cannot hold a flight record: ${textOf(cause)}`, {
      next: 'Name a directory of yours on a disk with space, or leave --flight out.',
      cause,
    })
  }
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
