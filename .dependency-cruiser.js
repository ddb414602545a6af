// The layers, as rules: for each folder, all that it may import.
// Tests are exempt as importers. Build output is left out; eslint keeps sources from reaching into it.

const test = '\\.test\\.ts$';
const simEdge = '^sim/(hunt|threads|guard|artifact)/';
const anyLibrary = ['(^|/)node_modules/'];
const coreLibraries = ['(^|/)node_modules/(seedrandom|@types/seedrandom|msgpackr)/'];
const propsLibraries = [...coreLibraries, '(^|/)node_modules/fast-check/'];

/** Whoever matches `from` may import what matches one of `may`, and nothing else. */
function only(name, comment, from, may, { builtins = false } = {}) {
  return {
    name,
    comment,
    severity: 'error',
    from,
    to: builtins ? { pathNot: may, dependencyTypesNot: ['core'] } : { pathNot: may },
  };
}

const layers = [
  only(
    'runtime-core',
    'The runtime core imports itself only.',
    { path: '^runtime/', pathNot: [test, '^runtime/node/'] },
    ['^runtime/(?!node/)', ...coreLibraries],
  ),
  only(
    'runtime-node',
    'runtime/node imports the runtime, node:* and libraries.',
    { path: '^runtime/node/', pathNot: test },
    ['^runtime/', ...anyLibrary],
    { builtins: true },
  ),
  only('protocols', 'A protocol imports the runtime core and protocols.', { path: '^protocols/', pathNot: test }, [
    '^runtime/(?!node/)',
    '^protocols/',
    ...coreLibraries,
  ]),
  {
    name: 'protocol-through-its-index',
    comment: 'Another protocol is imported through its index only.',
    severity: 'error',
    from: { path: '^protocols/([^/]+)(?:/|$)', pathNot: test },
    to: { path: '^protocols/[^/]+/', pathNot: ['^protocols/$1/', '^protocols/[^/]+/index\\.ts$'] },
  },
  only(
    'scheduler-core',
    'The scheduler core imports the runtime core, protocols and itself.',
    { path: '^scheduler/', pathNot: [test, '^scheduler/service/'] },
    ['^runtime/(?!node/)', '^protocols/', '^scheduler/(?!service/)', ...coreLibraries],
  ),
  {
    name: 'scheduler-service',
    comment: 'The scheduler as a process imports anything but sim, props and web.',
    severity: 'error',
    from: { path: '^scheduler/service/', pathNot: test },
    to: { path: '^(sim|props|web)/' },
  },
  only(
    'sim-core',
    'The simulator imports the runtime core and its own core; threads, files and the inspector live in its edge folders.',
    { path: '^sim/', pathNot: [test, simEdge] },
    ['^runtime/(?!node/)', '^sim/(?!(hunt|threads|guard|artifact)/)', ...coreLibraries],
  ),
  only(
    'sim-edge',
    'The edge of the simulator imports the runtime core, its calendar, the simulator, node:* and libraries.',
    { path: simEdge, pathNot: test },
    ['^runtime/(?!node/)', '^runtime/node/calendar\\.ts$', '^sim/', ...anyLibrary],
    { builtins: true },
  ),
  {
    name: 'piscina-in-hunt-only',
    comment: 'The worker pool is met in sim/hunt only.',
    severity: 'error',
    from: { path: '^sim/', pathNot: [test, '^sim/hunt/'] },
    to: { path: '(^|/)node_modules/piscina/' },
  },
  only(
    'props-core',
    'Properties import the runtime core, protocols, the scheduler core and the simulator.',
    { path: '^props/', pathNot: [test, '^props/vitest\\.ts$'] },
    [
      '^runtime/(?!node/)',
      '^protocols/',
      '^scheduler/(?!service/)',
      '^sim/',
      '^props/(?!vitest\\.ts$)',
      ...propsLibraries,
    ],
  ),
  only(
    'props-vitest',
    'props/vitest.ts alone meets vitest.',
    { path: '^props/vitest\\.ts$' },
    [
      '^runtime/(?!node/)',
      '^protocols/',
      '^scheduler/(?!service/)',
      '^sim/',
      '^props/',
      ...propsLibraries,
      '(^|/)node_modules/vitest/',
    ],
    { builtins: true },
  ),
];

const hygiene = [
  {
    name: 'no-cycles',
    comment: 'No cycles, not even of types.',
    severity: 'error',
    from: { pathNot: test },
    to: { circular: true },
  },
  {
    name: 'no-unresolvable',
    comment: 'An import that leads nowhere is seen by no other rule.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: 'no-undeclared-library',
    comment: 'A library that is imported stands in package.json.',
    severity: 'error',
    from: {},
    to: {
      dependencyTypes: ['npm-no-pkg', 'npm-unknown'],
      // A peer that is a development dependency too is called both declared and undeclared.
      dependencyTypesNot: ['npm', 'npm-dev', 'npm-optional'],
    },
  },
  {
    name: 'no-development-library-in-shipped-code',
    comment: 'What is shipped needs only dependencies that a user installs.',
    severity: 'error',
    from: {
      path: '^(runtime|protocols|scheduler|sim|props|cli)/',
      pathNot: [test, '^cli/checks/', '^props/vitest\\.ts$'],
    },
    to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-test-outside-tests',
    comment: 'Nothing but a test imports a test.',
    severity: 'error',
    from: { pathNot: test },
    to: { path: test },
  },
];

export default {
  forbidden: [...layers, ...hygiene],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|orrery-out)/' },
    tsPreCompilationDeps: true,
    detectProcessBuiltinModuleCalls: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
};
