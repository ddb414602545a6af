/** What `orrery check` was given, as commander hands it over. */
export interface CheckFlags {
  readonly model?: string;
  readonly initial?: string;
  readonly nil?: 'value' | 'unknown';
  readonly independent?: true;
  readonly algorithm: 'wgl' | 'jit';
  readonly guarantee: string;
  readonly budget: number;
  readonly json?: string;
  readonly picture?: string;
}
