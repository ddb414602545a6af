// An eslint rule: no mutable state at module level, since it would outlive a crash of the node and be shared by nodes.
// It judges by what is written, not by types, so that it is cheap: `let` and `var`; collections that are neither frozen
// nor annotated as read-only; and any write through a name of the module, wherever it stands.

const mutableConstructors = new Set([
  ...['Map', 'Set', 'WeakMap', 'WeakSet', 'Array', 'ArrayBuffer', 'DataView'],
  ...['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array'],
  ...['Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'],
]);
const readonlyTypes = new Set(['ReadonlyArray', 'ReadonlyMap', 'ReadonlySet', 'Readonly', 'ArrayLike']);
const mutatingMethods = new Set([
  ...['push', 'pop', 'shift', 'unshift', 'splice', 'sort', 'reverse', 'fill', 'copyWithin'],
  ...['set', 'add', 'delete', 'clear'],
]);

function isReadonlyType(type) {
  if (type === undefined || type === null) return false;
  if (type.type === 'TSTypeOperator') return type.operator === 'readonly';
  if (type.type === 'TSTypeReference') {
    if (type.typeName.name === 'const') return true;
    return readonlyTypes.has(type.typeName.name);
  }
  return false;
}

/** A literal or constructor that makes a collection that anyone may change. */
function isMutableCollection(node) {
  if (node === null || node === undefined) return false;
  switch (node.type) {
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return !isReadonlyType(node.typeAnnotation) && isMutableCollection(node.expression);
    case 'TSNonNullExpression':
      return isMutableCollection(node.expression);
    case 'ArrayExpression':
      return true;
    case 'ObjectExpression':
      return node.properties.length === 0;
    case 'NewExpression':
      return node.callee.type === 'Identifier' && mutableConstructors.has(node.callee.name);
    case 'CallExpression':
      return isMutableFactory(node.callee);
    default:
      return false;
  }
}

function isMutableFactory(callee) {
  if (callee.type === 'Identifier') return callee.name === 'Array';
  if (callee.type !== 'MemberExpression' || callee.object.type !== 'Identifier') return false;
  const { name } = callee.object;
  if (name === 'Object') return callee.property.name === 'create';
  return mutableConstructors.has(name) && (callee.property.name === 'from' || callee.property.name === 'of');
}

/** Whether a use of a name writes through it: `x.a = 1`, `x.a.b++`, `delete x.a`, `x.push(1)`. */
function isWriteThrough(identifier) {
  let node = identifier;
  let depth = 0;
  while (node.parent.type === 'MemberExpression' && node.parent.object === node) {
    node = node.parent;
    depth += 1;
  }
  if (depth === 0) return false;
  const { parent } = node;
  if (parent.type === 'AssignmentExpression') return parent.left === node;
  if (parent.type === 'UpdateExpression') return true;
  if (parent.type === 'UnaryExpression') return parent.operator === 'delete';
  if (parent.type !== 'CallExpression' || parent.callee !== node) return false;
  return node.property.type === 'Identifier' && mutatingMethods.has(node.property.name);
}

function isFunctionLike(node) {
  return /Function/.test(node.type) || node.type === 'PropertyDefinition' || node.type === 'StaticBlock';
}

/** Code that runs once, while its module is loaded, may still build a table. */
function runsAtLoad(node) {
  for (let current = node; current !== null; current = current.parent) if (isFunctionLike(current)) return false;
  return true;
}

export const noModuleState = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      variable: 'Mutable state at module level outlives a crash; keep it in the state of an actor.',
      collection: 'A collection at module level is shared; freeze it, write `as const`, or annotate it as read-only.',
      write: 'This writes to `{{name}}`, which is shared by all nodes of a process; keep it in the state of an actor.',
    },
  },
  create(context) {
    function checkDeclaration(node) {
      if (node.declare === true) return;
      for (const declarator of node.declarations) {
        if (node.kind !== 'const') context.report({ node: declarator, messageId: 'variable' });
        else if (!isReadonlyType(declarator.id.typeAnnotation?.typeAnnotation) && isMutableCollection(declarator.init))
          context.report({ node: declarator, messageId: 'collection' });
      }
    }
    function checkReferences(scope) {
      for (const variable of scope.variables) {
        if (!variable.defs.some((def) => def.type === 'Variable' && def.parent.kind === 'const')) continue;
        for (const { identifier } of variable.references) {
          if (isWriteThrough(identifier) && !runsAtLoad(identifier)) {
            context.report({ node: identifier, messageId: 'write', data: { name: variable.name } });
          }
        }
      }
    }
    return {
      'Program > VariableDeclaration': checkDeclaration,
      'Program > ExportNamedDeclaration > VariableDeclaration': checkDeclaration,
      'PropertyDefinition[static=true]'(node) {
        if (node.declare === true) return;
        if (!node.readonly) context.report({ node, messageId: 'variable' });
        else if (!isReadonlyType(node.typeAnnotation?.typeAnnotation) && isMutableCollection(node.value))
          context.report({ node, messageId: 'collection' });
      },
      'Program:exit'(program) {
        const moduleScope = context.sourceCode.getScope(program).childScopes.find((scope) => scope.type === 'module');
        if (moduleScope !== undefined) checkReferences(moduleScope);
      },
    };
  },
};
