import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { HaggleError } from '@haggle/protocol'
import { writeJson, type Session } from '../cli/session.ts'
import { billOf, billText, type Bill } from './bill.ts'
import { AUDITOR, entrances, guests, labels, requesters, ringKeys, victim, workers } from './cast.ts'
import { claimsOf, type Claim, type FileFinding } from './claims.ts'
import { verifyFiles, type FileToVerify } from './findings.ts'
import type { ActorMessage, Standing, TaxReport } from './message.ts'
import { palette, type Palette } from './palette.ts'
import { claimsText, playbill, reputationTable, standingsTable, storyLine, verdictsText, whatNext } from './playbill.ts'
import { askBids, askReputations, type Reputation } from './reputation.ts'
import { Story, type StoryLine } from './story.ts'
import { trustClaimsOf } from './trust-claims.ts'
import { Troupe } from './troupe.ts'

/** How long the panel may take over work that was taken and never reviewed, once everything else is done. */
const DENIED_PATIENCE_MS = 30_000

export interface BazaarInit {
  readonly without: readonly string[]
  readonly json: boolean
  readonly debug: boolean
  readonly session: Session
  readonly signal: AbortSignal
  readonly network: string
  readonly home: string
  readonly files: string
}

/** One performance: starts the actors, tells what they do, and has their task files judged. */
export class Bazaar {
  readonly #init: BazaarInit
  readonly #paint: Palette
  readonly #story: Story
  readonly #troupe: Troupe
  readonly #began = performance.now()
  readonly #met = new Set<string>()
  readonly #addresses = new Map<string, readonly string[]>()
  readonly #standings = new Map<string, readonly Standing[]>()
  readonly #files: FileToVerify[] = []
  readonly #taxes = new Map<string, readonly TaxReport[]>()
  readonly #stopped: Promise<never>
  #audited = false
  /** Wakes who waits for what the actors say. */
  #wake: () => void = () => undefined
  #stop: (cause: unknown) => void = () => undefined

  constructor(init: BazaarInit) {
    this.#init = init
    this.#paint = palette(init.session.color)
    this.#story = new Story(this.#paint)
    this.#stopped = new Promise((_resolve, reject) => (this.#stop = reject))
    // Every wait below races it; between two waits nobody looks.
    this.#stopped.catch(() => undefined)
    const onAbort = (): void => this.#stop(init.signal.reason)
    init.signal.addEventListener('abort', onAbort, { once: true })
    this.#troupe = new Troupe({
      debug: init.debug,
      onMessage: (actor, message) => this.#hear(actor, message),
      onGone: (actor, said) => this.#gone(actor, said),
    })
  }

  /** Resolves to whether every claim holds; rejects when an actor fails or the signal aborts. */
  async play(): Promise<boolean> {
    const { json, network, without } = this.#init
    if (!json) this.#print(playbill(network, without, this.#paint))
    await this.#gather()
    for (const name of requesters) this.#troupe.cue(name)
    const tellers = [...requesters, ...this.#guests().filter((name) => name === 'slanderer')]
    await this.#until(() => tellers.every((name) => this.#standings.has(name)))
    if (this.#guests().includes('denier')) {
      const isShown = (): boolean => this.#files.some(({ errand }) => errand === 'taken')
      await Promise.race([this.#until(isShown), pause(DENIED_PATIENCE_MS, undefined, { ref: false })])
    }
    await this.#audit()
    await Promise.race([this.#troupe.dismiss(), this.#stopped])
    if (!json) this.#printStandings()
    return this.#judge()
  }

  /** Leaves no process behind. */
  async end(): Promise<void> {
    await this.#troupe.disband()
  }

  /** The requesters first, so that every worker has an address to come to; from there they meet each other. Guests come to everybody. */
  async #gather(): Promise<void> {
    for (const name of requesters) {
      this.#start(name)
      await this.#until(() => this.#addresses.has(name))
    }
    for (const name of this.#workers()) this.#start(name)
    await this.#until(() => this.#workers().every((name) => this.#addresses.has(name)))
    for (const name of this.#guests()) this.#start(name)
    const all = [...requesters, ...this.#workers(), ...this.#guests()]
    await this.#until(() => all.every((name) => this.#met.has(name)))
    this.#tell([{ who: requesters[0], text: 'opens the market: everybody is here' }])
  }

  #workers(): readonly string[] {
    return workers.map(({ name }) => name).filter((name) => !this.#init.without.includes(name))
  }

  #guests(): readonly string[] {
    return guests.filter((name) => !this.#init.without.includes(name))
  }

  /** Somebody who saw nothing comes, trusts the two requesters, and asks for the evidence. */
  async #audit(): Promise<void> {
    const { network, files } = this.#init
    const genesis = join(files, 'genesis.json')
    const anchors = requesters.flatMap((name) => this.#story.agents().find((each) => each.name === name)?.peerId ?? [])
    await writeFile(genesis, JSON.stringify({ haggle: 1, network, anchors }))
    this.#start(AUDITOR, genesis)
    await this.#until(() => this.#audited)
  }

  #start(name: string, genesis: string | null = null): void {
    const { network, home, files, without } = this.#init
    const isGuest = name === AUDITOR || guests.some((guest) => guest === name)
    const peers = [...this.#addresses].flatMap(([each, known]) =>
      isGuest || requesters.some((requester) => requester === each) ? known : [],
    )
    const witnesses = requesters.length + this.#workers().length
    this.#troupe.start({ name, network, home, files, peers, without: [...without], witnesses, genesis })
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) await Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), this.#stopped])
    this.#init.signal.throwIfAborted()
  }

  #hear(actor: string, message: ActorMessage): void {
    if (message.say === 'ready') this.#addresses.set(actor, message.addresses)
    else if (message.say === 'met') this.#met.add(actor)
    else if (message.say === 'evidence') this.#audited = true
    else if (message.say === 'done') this.#standings.set(actor, message.standings)
    else if (message.say === 'tax') this.#taxes.set(actor, message.tasks)
    else if (message.say === 'file') this.#files.push({ errand: message.errand, path: message.path })
    if (message.say === 'result' || message.say === 'unsettled')
      for (const [guest, errand] of Object.entries(entrances)) if (errand === message.errand) this.#troupe.cue(guest)
    if (this.#init.json) this.#printJson({ actor, ...message })
    this.#tell(this.#story.hear(actor, message))
    this.#wake()
  }

  #gone(actor: string, said: string): void {
    if (workers.find(({ name }) => name === actor)?.manner === 'vanishes') {
      if (this.#init.json) this.#printJson({ actor, say: 'gone' })
      this.#tell([this.#story.gone(actor)])
      return
    }
    const why = /^\w*Error.*$/m.exec(said)?.[0] ?? said.trim().split('\n').at(-1)
    this.#stop(
      new HaggleError(
        'demo/actor',
        `${actor} left the bazaar: ${why === undefined || why === '' ? 'no word why' : why}`,
        {
          next: 'Run the demo again with --debug: it shows what each process says.',
        },
      ),
    )
  }

  async #judge(): Promise<boolean> {
    const { home, signal } = this.#init
    const files = this.#files.toSorted((a, b) => labels.indexOf(a.errand) - labels.indexOf(b.errand))
    const findings = await verifyFiles(files, (peerId) => this.#story.nameOf(peerId), signal)
    const agents = this.#story.agents().filter(({ name }) => name !== AUDITOR)
    const reputations = await askReputations(home, agents, signal)
    const bidders = agents.filter(({ name }) => name === victim || ringKeys.some((key) => key === name))
    const bids = await askBids(home, bidders, signal)
    const claims = [...claimsOf(findings), ...trustClaimsOf(findings, reputations, bids)]
    this.#printJudgement(findings, reputations, claims)
    return claims.every((each) => each.holds)
  }

  #printJudgement(
    findings: readonly FileFinding[],
    reputations: readonly Reputation[],
    claims: readonly Claim[],
  ): void {
    if (this.#init.json) {
      for (const finding of findings) this.#printJson({ say: 'verdict', ...finding })
      for (const reputation of reputations) this.#printJson({ say: 'reputation', ...reputation })
      for (const claim of claims) this.#printJson({ say: 'claim', ...claim })
      this.#printJson({ say: 'bill', ...this.#bill() })
    } else {
      this.#print(verdictsText(findings, this.#paint))
      this.#print(reputationTable(reputations, findings, this.#paint))
      this.#print(claimsText(claims, this.#paint))
      const missing = [...this.#addresses.keys()].filter((name) => !this.#taxes.has(name))
      this.#print(billText(this.#bill(), missing, this.#paint))
      this.#print(whatNext)
    }
  }

  #bill(): Bill {
    return billOf([...this.#taxes.values()].flat(), (task) => this.#story.errandOf(task))
  }

  #printStandings(): void {
    this.#print('')
    for (const name of requesters) {
      const nameOf = (peerId: string): string => this.#story.nameOf(peerId)
      this.#print(standingsTable(name, this.#standings.get(name) ?? [], nameOf, this.#paint))
    }
  }

  #tell(lines: readonly StoryLine[]): void {
    if (this.#init.json) return
    for (const line of lines) this.#print(storyLine(line, performance.now() - this.#began, this.#paint))
  }

  #print(text: string): void {
    void this.#init.session.write(`${text}\n`)
  }

  #printJson(value: unknown): void {
    void writeJson(this.#init.session, value)
  }
}
