/** The node to ask, common to all commands of `task`. */
export interface TaskFlags {
  readonly config: string;
  readonly json?: true;
}

export interface SubmitFlags extends TaskFlags {
  readonly only?: readonly string[];
  readonly once?: true;
  readonly submissionId?: string;
}

export interface ListFlags extends TaskFlags {
  readonly limit: number;
  readonly state?: string;
}
