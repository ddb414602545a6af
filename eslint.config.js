// Style and determinism. The pure cores (the same files as in tsconfig.pure.json) may not meet time, chance, I/O or
// promises other than through their context, and hold no state at module level.
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { noModuleState } from './cli/checks/no-module-state.js';

const tests = ['**/*.test.ts'];
const pure = ['runtime/**/*.ts', 'protocols/**/*.ts', 'scheduler/**/*.ts', 'sim/**/*.ts', 'props/**/*.ts'];
const edgeInsidePure = [
  'runtime/node/**',
  'scheduler/service/**',
  'sim/hunt/**',
  'sim/threads/**',
  'sim/guard/**',
  'sim/artifact/**',
  'props/vitest.ts',
];
const edge = [
  ...edgeInsidePure.map((glob) => glob.replace(/\*\*$/, '**/*.ts')),
  'cli/**/*.ts',
  'examples/**/*.ts',
  'bench/**/*.ts',
  'web/**/*.ts',
];

/** Files that may be longer than the limits, by name. The list only ever gets shorter. */
const exceptions = JSON.parse(readFileSync(new URL('cli/checks/exceptions.json', import.meta.url), 'utf8'));

const throughContext = 'A pure core gets this from its context.';
const bannedGlobals = [
  ...['Date', 'Intl', 'performance', 'process', 'crypto', 'navigator', 'Buffer', 'require'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch'],
  ...['clearTimeout', 'clearInterval', 'clearImmediate', 'WebSocket', 'Worker', 'SharedArrayBuffer', 'Atomics'],
].map((name) => ({ name, message: throughContext }));
bannedGlobals.push(
  { name: 'Promise', message: 'A handler runs to completion; waiting is a later message.' },
  { name: 'WeakRef', message: 'The garbage collector is not deterministic.' },
  { name: 'FinalizationRegistry', message: 'The garbage collector is not deterministic.' },
);

const inexact = 'Its last bit differs between engines; decide on integers and tables.';
const inexactMaths = [
  ...['pow', 'exp', 'expm1', 'log', 'log1p', 'log2', 'log10', 'cbrt', 'hypot'],
  ...['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'],
];

const toCompletion = 'A handler runs to completion; waiting is a later message.';
const bannedSyntax = [
  { selector: ':function[async=true]', message: toCompletion },
  { selector: 'AwaitExpression', message: toCompletion },
  { selector: 'ForOfStatement[await=true]', message: toCompletion },
  { selector: 'ImportExpression', message: 'A pure core is loaded whole; import it at the top.' },
  { selector: "BinaryExpression[operator='**']", message: inexact },
  { selector: "AssignmentExpression[operator='**=']", message: inexact },
];

export default defineConfig(
  { ignores: ['dist/**', 'coverage/**', 'orrery-out/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,js}'],
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['**/*.ts'],
    ignores: [...tests, 'examples/**', '**/*.d.ts'],
    rules: { '@typescript-eslint/explicit-module-boundary-types': 'error' },
  },
  {
    files: pure,
    ignores: [...tests, ...edgeInsidePure],
    plugins: { orrery: { rules: { 'no-module-state': noModuleState } } },
    rules: {
      'orrery/no-module-state': 'error',
      'no-restricted-globals': ['error', { globals: bannedGlobals, checkGlobalObject: true }],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: throughContext },
        ...inexactMaths.map((property) => ({ object: 'Math', property, message: inexact })),
      ],
      'no-restricted-syntax': ['error', ...bannedSyntax],
      'no-restricted-imports': [
        'error',
        {
          paths: builtinModules.map((name) => ({ name, message: throughContext })),
          patterns: [
            { group: ['node:*'], message: throughContext },
            { group: ['**/dist/**', 'orrery', 'orrery/*'], message: 'Import the source.' },
          ],
        },
      ],
    },
  },
  ...[
    { files: edge, ignores: tests, project: './tsconfig.edge.json' },
    { files: tests, ignores: [], project: './tsconfig.test.json' },
  ].map(({ files, ignores, project }) => ({
    files,
    ignores,
    languageOptions: { parserOptions: { project, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
    },
  })),
  { files: tests, rules: { 'max-lines-per-function': 'off' } },
  ...exceptionsOf('max-lines', exceptions.maxLines),
  ...exceptionsOf('max-lines-per-function', exceptions.maxLinesPerFunction),
);

function exceptionsOf(rule, files) {
  return files.length === 0 ? [] : [{ files, rules: { [rule]: 'off' } }];
}
