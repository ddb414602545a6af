// The generators of seedrandom that the runtime draws from; @types/seedrandom describes the main entry only.

declare module 'seedrandom/lib/xor128.js' {
  interface Generator {
    (): number;
    int32(): number;
    quick(): number;
    double(): number;
    state(): object;
  }
  export default function xor128(seed?: string | number, options?: { state?: boolean | object }): Generator;
}

declare module 'seedrandom/lib/alea.js' {
  interface Generator {
    (): number;
    int32(): number;
    quick(): number;
    double(): number;
    state(): object;
  }
  export default function alea(seed?: string | number, options?: { state?: boolean | object }): Generator;
}
