import { createHash } from 'node:crypto';
import { readPlan } from '../sim/artifact/plan-file.js';
import type { HuntFrame } from '../sim/hunt/document.js';
import type { HuntIdentity } from '../sim/hunt/hunt-state.js';
import type { HuntOptions } from '../sim/hunt/hunt.js';
import { findStrategy, isSeedStrategy, type ExhaustiveBounds } from '../sim/exploration/choose-strategy.js';
import { ROUND_STRATEGIES, SEED_STRATEGIES, type StrategyName } from '../sim/exploration/strategy.js';
import { countSeeds, parseSeedRange } from '../sim/hunt/seed-range.js';
import { parseShard, shardRange } from '../sim/hunt/shard.js';
import type { MadeBy } from '../sim/artifact/artifact.js';
import { defaultWorkers, type HuntFlags } from './hunt-flags.js';
import type { OpenedScenario } from './open-scenario.js';
import { checkOutputFile, checkOutputFolder } from './output-path.js';
import { formatPlacement, parsePlacement } from './placement.js';
import { UsageError } from './usage-error.js';

/** A document is made in memory, whole. */
const DOCUMENT_SEEDS_MAX = 1_000_000;

export type Rules = Omit<HuntOptions, 'scenarios'>;

/**
 * What the flags of a hunt mean.
 * @throws UsageError or BadInputError naming the flag and the remedy.
 */
export function huntRules(flags: HuntFlags): Rules {
  const seeds = parseSeedRange(flags.seeds);
  const shard = flags.shard === undefined ? undefined : parseShard(flags.shard);
  const count = countSeeds(shard === undefined ? seeds : shardRange(seeds, shard));
  if (flags.json !== undefined && count > DOCUMENT_SEEDS_MAX) {
    throw new UsageError(`--json: a document of more than ${DOCUMENT_SEEDS_MAX} seeds is too large; hunt in shards`);
  }
  if (flags.collect !== undefined && flags.keepGoing === true) {
    throw new UsageError('--collect ends the hunt after n failures and --keep-going never does; give one of them');
  }
  const placement = parsePlacement(flags.placement);
  const explore = parseStrategy(flags);
  checkOutputFile('--json', flags.json);
  checkOutputFile('--resume', flags.resume);
  checkOutputFolder('--out', flags.out);
  const { maxSteps, seedMemory: memoryMb } = flags;
  return {
    ...{ seeds, placement, ...(shard === undefined ? {} : { shard }) },
    workers: Math.max(1, Math.min(flags.workers ?? defaultWorkers(placement.kind === 'threads'), count)),
    ...(flags.plan === undefined ? {} : { plan: readPlan(flags.plan) }),
    ...{ explore, bounds: boundsOf(flags) },
    failuresWanted: flags.keepGoing === true ? Infinity : (flags.collect ?? 1),
    verify: flags.verify === true ? 'all' : 'tenth',
    isGuarded: flags.guard,
    limits: {
      timeoutMs: flags.seedTimeout * 1000,
      ...(maxSteps === undefined ? {} : { maxSteps }),
      ...(memoryMb === undefined ? {} : { memoryMb }),
    },
    ...(flags.timeBudget === undefined ? {} : { timeBudgetMs: flags.timeBudget }),
  };
}

/** A strategy that learns from its runs needs all of them, in one place, and decides itself what they are. */
function parseStrategy({ explore: text, shard, resume, plan, placement, ...bounds }: HuntFlags): StrategyName {
  const strategy = findStrategy(text);
  if (strategy === undefined) {
    const known = [...SEED_STRATEGIES, ...ROUND_STRATEGIES].join(', ');
    throw new UsageError(`--explore ${JSON.stringify(text)}: use one of ${known}`);
  }
  if (strategy !== 'exhaustive' && (bounds.exploreEvents ?? bounds.exploreCrashes) !== undefined) {
    throw new UsageError('--explore-events and --explore-crashes bound --explore exhaustive; give it as well');
  }
  if (plan !== undefined && strategy === 'random') {
    throw new UsageError('--explore random draws plans of its own; leave out --plan, or explore by swarm or pct');
  }
  if (isSeedStrategy(strategy)) return strategy;
  const odd = Object.entries({ '--shard': shard, '--resume': resume, '--plan': plan }).find(
    ([, given]) => given !== undefined,
  );
  if (odd !== undefined) {
    throw new UsageError(
      `${odd[0]}: --explore ${strategy} learns from each run for the next; leave one of the two out, or explore by ${SEED_STRATEGIES.join(', ')}`,
    );
  }
  if (strategy === 'exhaustive' && placement !== 'inline') {
    throw new UsageError('--explore exhaustive looks at what is sent, so it runs with --placement inline only');
  }
  return strategy;
}

function boundsOf({ exploreEvents, exploreCrashes }: HuntFlags): ExhaustiveBounds {
  return {
    ...(exploreEvents === undefined ? {} : { eventsMax: exploreEvents }),
    ...(exploreCrashes === undefined ? {} : { crashesMax: exploreCrashes }),
  };
}

/** What the documents of a hunt have in common. */
export function huntFrame({ seeds, shard, placement, failuresWanted, explore }: Rules, madeBy: MadeBy): HuntFrame {
  const { orrery, zoneData, build } = madeBy;
  return {
    ...{ placement: formatPlacement(placement), seeds, failuresWanted, ...(explore === undefined ? {} : { explore }) },
    build: `${orrery} ${zoneData} ${build}`,
    ...(shard === undefined ? {} : { shard }),
  };
}

/** What a hunt that goes on must have in common with what was begun. */
export function huntIdentity(rules: Rules, scenarios: readonly OpenedScenario[], madeBy: MadeBy): HuntIdentity {
  const { seeds, shard, placement, plan, failuresWanted, verify, isGuarded, limits } = rules;
  const named = scenarios.map(({ text, origin }) => (origin.kind === 'file' ? `${text} (${origin.hash})` : text));
  return {
    'the scenarios': named.join(', '),
    '--seeds': `${seeds.first}..${seeds.last}`,
    '--shard': shard === undefined ? '1/1' : `${shard.index}/${shard.of}`,
    '--placement': formatPlacement(placement),
    '--plan': plan === undefined ? 'none' : createHash('sha256').update(JSON.stringify(plan)).digest('hex'),
    'failures to collect': String(failuresWanted),
    '--explore': rules.explore ?? 'swarm',
    '--verify': verify,
    'the guard': isGuarded ? 'on' : 'off',
    limits: JSON.stringify(limits),
    'orrery as': `${madeBy.orrery}, build ${madeBy.build}`,
    'Node as': madeBy.node,
    'zone data as': madeBy.zoneData,
  };
}
