import { isPlain, type Plain } from '../../runtime/data.js';
import { MODELS, type AnyModel, type Model } from '../../props/linearizability/index.js';
import { BadInputError } from '../../sim/artifact/bad-input.js';
import { loadUserModule } from '../../sim/hunt/user-module.js';
import { UsageError } from '../usage-error.js';

/** Makes the model for a history that may itself tell what it begins with. */
export type ModelMaker = (initialOfHistory: Plain | undefined) => AnyModel;

const LOOKS_LIKE_FILE = /[./\\]/;
const NEEDED = ['initial', 'step', 'stateKey'] as const;

/**
 * The model that was named on the command line, or in a history.
 * @throws UsageError or BadInputError that names the models that there are, or what an own one lacks.
 */
export async function chooseModel(name: string, initialText: string | undefined): Promise<ModelMaker> {
  const initial = initialText === undefined ? undefined : parseInitial(initialText);
  const known = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
  if (known !== undefined) {
    if (initial !== undefined && !known.hasInitial) throw new UsageError(`--initial: a ${name} has no initial value`);
    return (ofHistory) => known.make(initial ?? ofHistory);
  }
  if (!LOOKS_LIKE_FILE.test(name)) {
    throw new UsageError(
      `unknown model ${JSON.stringify(name)}; ${knownModels()}, or give a file such as ./my-model.ts`,
    );
  }
  if (initial !== undefined)
    throw new UsageError('--initial is for the models by name; one of your own says itself how it begins');
  const model = await ownModel(name);
  return () => model;
}

/** `known are cas-register, kv, …`. */
export function knownModels(): string {
  return `known are ${Object.keys(MODELS).join(', ')}`;
}

function parseInitial(text: string): Plain {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UsageError(`--initial ${text}: this is no JSON; write 0, null, '"text"' or '{"x":0}'`);
  }
  if (isPlain(value)) return value;
  throw new UsageError(`--initial ${text}: -0 and broken texts are no values`);
}

async function ownModel(name: string): Promise<AnyModel> {
  const hash = name.lastIndexOf('#');
  const file = hash < 0 ? name : name.slice(0, hash);
  const { exports } = await loadUserModule(file, 'a model');
  const chosen = hash < 0 ? chooseExport(file, exports) : name.slice(hash + 1);
  const fault = modelFault(exports[chosen]);
  if (fault !== undefined) throw new BadInputError(`${file}: export ${chosen}: ${fault}`);
  return exports[chosen] as Model<unknown>;
}

function chooseExport(file: string, exports: Readonly<Record<string, unknown>>): string {
  const models = Object.keys(exports).filter((name) => modelFault(exports[name]) === undefined);
  if (models.includes('default')) return 'default';
  const [only] = models;
  if (only !== undefined && models.length === 1) return only;
  if (models.length > 1)
    throw new BadInputError(
      `${file}: exports the models ${models.join(', ')}; name one, as in ${file}#${String(only)}`,
    );
  const [name] = Object.keys(exports);
  const why = name === undefined ? 'it exports nothing' : `${name}: ${String(modelFault(exports[name]))}`;
  throw new BadInputError(`${file}: exports no model (${why}); docs/checking.md shows one`);
}

function modelFault(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'this is no object';
  const fields = value as Readonly<Record<string, unknown>>;
  const missing = NEEDED.filter((name) => typeof fields[name] !== 'function');
  if (missing.length > 0) return `a model needs the function${missing.length > 1 ? 's' : ''} ${missing.join(', ')}`;
  return typeof fields['name'] === 'string' ? undefined : 'a model needs a name, which is a text';
}
