import type { Actor } from './actor.ts'
import type { Ether } from './ether.ts'

/** The one alarm of an engine, and the watches over the event loop and over the wall clock. */
const ALARMS = 3

/** What is left where nothing is open any more, in words. */
export function leaksOf(actors: readonly Actor[], ether: Ether, cheats: number): readonly string[] {
  // Who floods waits at the gate for its next frame, one for each peer.
  const most = ALARMS + cheats
  const leaks = actors.flatMap((actor) => {
    const { process } = actor
    if (process === null) return [`agent ${actor.agent} does not run`]
    const { armed } = process.clock
    const { waiting } = process.driver
    return [
      ...(armed > most ? [`agent ${actor.agent} has ${armed} alarms armed`] : []),
      ...(waiting > 0 ? [`agent ${actor.agent} has ${waiting} inputs waiting`] : []),
    ]
  })
  const under = ether.underWayBetween(new Set(actors.map(({ agent }) => agent)))
  return under > 0 ? [...leaks, `${under} frames are under way`] : leaks
}
