import { readFileSync, statSync, writeFileSync } from 'node:fs';
import {
  checkLinearizable,
  type AnyModel,
  type CheckProgress,
  type CheckResult,
} from '../../props/linearizability/index.js';
import { HistoryError, readHistory, type History } from '../../props/histories/index.js';
import { BadInputError } from '../../sim/artifact/bad-input.js';
import type { CheckFlags } from '../check-flags.js';
import { EXIT } from '../exit-code.js';
import { processOutput } from '../output.js';
import { checkOutputFile } from '../output-path.js';
import { UsageError } from '../usage-error.js';
import { checkDocument } from './check-document.js';
import { SearchProgress } from './check-progress.js';
import type { CheckedHistory } from './checked-history.js';
import { checkWeaker } from './check-weaker.js';
import { chooseModel, knownModels } from './choose-model.js';
import { printChecked } from './print-check.js';

const FILE_BYTES_MAX = 256 * 1024 * 1024;

interface ToCheck {
  readonly file: string;
  readonly history: History;
  readonly model: AnyModel;
}

/** `orrery check`; answers the exit code. All files are read before the first is judged. */
export async function runCheck(files: readonly string[], flags: CheckFlags): Promise<number> {
  checkOutputFile('--json', flags.json);
  checkOutputFile('--picture', flags.picture);
  const output = processOutput(flags.json === '-');
  const toCheck: ToCheck[] = [];
  for (const file of files) toCheck.push(await open(file, flags));
  const checked = toCheck.map((one, index) => judge(one, flags, `${one.file} (${index + 1} of ${files.length})`));
  printChecked(output, checked);
  for (const { file, result } of checked) {
    if (result.operations === 0) output.note(`warning: ${file}: no operation is in it, so that nothing was judged`);
  }
  if (flags.picture !== undefined) await writePicture(flags.picture, checked, output.note);
  if (flags.json !== undefined) {
    const text = `${JSON.stringify(checkDocument(checked), null, 1)}\n`;
    if (flags.json === '-') process.stdout.write(text);
    else writeFileSync(flags.json, text);
  }
  return exitCodeFor(checked);
}

async function open(file: string, flags: CheckFlags): Promise<ToCheck> {
  const history = readHistory(readText(file), {
    file,
    isIndependent: flags.independent === true,
    ...(flags.nil === undefined ? {} : { nil: flags.nil }),
  });
  const name = flags.model ?? history.model;
  if (name === undefined)
    throw new UsageError(`${file} does not say what it is a history of; give --model (${knownModels()})`);
  const makeModel = await chooseModel(name, flags.initial);
  const model = makeModel(history.initial);
  for (const operation of history.operations) {
    const fault = model.fault?.(operation);
    if (fault !== undefined) throw new HistoryError(file, operation.line, `${fault} (model ${model.name})`);
  }
  return { file, history, model };
}

function readText(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) throw new BadInputError(`${file}: there is no such file`);
  if (stats.isDirectory()) throw new BadInputError(`${file}: this is a folder; name the histories in it`);
  if (stats.size > FILE_BYTES_MAX) {
    throw new BadInputError(
      `${file}: ${stats.size} bytes are more than the ${FILE_BYTES_MAX} that are read; give it in parts`,
    );
  }
  return readFileSync(file, 'utf8');
}

function judge({ file, history, model }: ToCheck, flags: CheckFlags, label: string): CheckedHistory {
  const budgetMs = flags.budget * 1000;
  const progress = new SearchProgress(label, budgetMs);
  const startedMs = performance.now();
  const goesOn = (state: CheckProgress): boolean => {
    const elapsedMs = performance.now() - startedMs;
    progress.show(state, elapsedMs);
    return elapsedMs < budgetMs;
  };
  const { algorithm } = flags;
  const result = judgeBy(flags, { file, history, model }, goesOn);
  progress.clear();
  const wallMs = performance.now() - startedMs;
  return { file, format: history.format, model: model.name, algorithm, result, wallMs };
}

function judgeBy(flags: CheckFlags, one: ToCheck, goesOn: (state: CheckProgress) => boolean): CheckResult {
  const { algorithm, guarantee } = flags;
  const { model, file } = one;
  const { operations } = one.history;
  try {
    if (guarantee === 'linearizable') return checkLinearizable(model, operations, { algorithm, goesOn });
    return checkWeaker(guarantee, one.file, model, operations, goesOn);
  } catch (error) {
    if (flags.model === undefined || !/[./\\]/.test(flags.model) || error instanceof HistoryError) throw error;
    const { stack, message } = error as Error;
    throw new BadInputError(`${flags.model}: the model failed on ${file}: ${stack ?? message}`);
  }
}

async function writePicture(
  file: string,
  checked: readonly CheckedHistory[],
  note: (line: string) => void,
): Promise<void> {
  const illegal = checked.filter(({ result }) => result.counterexample !== undefined);
  if (illegal.length === 0) return note(`${file}: nothing to show, no history was refused`);
  const { counterexamplePage } = await import('../../web/counterexample/page.js');
  const page = counterexamplePage(
    illegal.flatMap(({ file: title, model, result: { counterexample } }) =>
      counterexample === undefined ? [] : [{ title, model, counterexample }],
    ),
  );
  writeFileSync(file, page);
  note(`${file}: open it in a browser`);
}

function exitCodeFor(checked: readonly CheckedHistory[]): number {
  if (checked.some(({ result }) => result.verdict === 'illegal')) return EXIT.propertyFailed;
  return checked.some(({ result }) => result.verdict === 'unknown') ? EXIT.undecided : EXIT.fine;
}
