/** The files that the bazaar's requesters want worked on; they are written to disk before the first offer. */
export function bazaarFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['lighthouse.md', LIGHTHOUSE],
    ['bread.md', BREAD],
    ['ledger.csv', ledger()],
  ])
}

const LIGHTHOUSE = `# The keeper's handbook

Whoever tends the lamp tends it for people never met. The handbook is short, because the nights are long.

## Before dusk

Trim the wick, wipe the glass, wind the clockwork. A lamp that is lit late is a promise broken to everybody at once,
and nobody will be there to complain.

### The glass

Salt dries into feathers on the panes. Warm water first, vinegar after, and a dry cloth last of all.

### The clockwork

Forty turns carry the lens until morning. If it slows, do not push it: find out what it is telling you.

## Through the night

Write down every hour what you saw. A log kept by two people agrees on the weather; a log kept by one agrees on nothing.

### When fog comes

Ring the bell, twice a minute. Ships that hear it cannot thank you, and ships that do not hear it cannot blame you.

### When the relief does not come

Keep the lamp. Wait one watch and no longer, then light the signal for the next keeper down the coast. Nobody is angry
with whoever was held up by the sea; somebody still has to keep the lamp.

## After dawn

Put out the flame, close the shutters, sign the page. The next keeper begins where the signature stands.
`

const BREAD = `# Bread for a market morning

Four things go into it: flour, water, salt, and an unreasonable amount of patience.

## The evening before

Stir the starter into lukewarm water until it floats. Add the flour, leave the salt for later, cover the bowl and go to
bed. Most of the work is done by somebody much smaller than you.

## At four

Salt now. Fold the dough over itself, north to south and east to west, and let it be for half an hour. Do that three
times. Dough that is hurried is dough that remembers.

## At six

Shape it, let it rise, heat the stone until a pinch of flour turns brown in the time it takes to say so. Bake it with
steam, then without.

## At eight

Sell it honestly. A loaf that looks well and is hollow is bought exactly once.
`

const GOODS = ['salt', 'rope', 'lamp oil', 'flour', 'copper nails', 'sailcloth', 'honey', 'tar'] as const

/** Some forty kilobytes of even trade: more than fits beside a record, so that it goes from peer to peer as a stream. */
function ledger(): string {
  const rows = Array.from({ length: 1_800 }, (_, index) => {
    const good = GOODS[(index * 5) % GOODS.length] ?? GOODS[0]
    return `${index + 1},${1 + (index % 28)},${good},${3 + ((index * 7) % 40)},${((index * 37) % 900) + 100}`
  })
  return `entry,day,good,amount,price\n${rows.join('\n')}\n`
}
