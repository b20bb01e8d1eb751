/**
 * Tokens of one attempt, in the shape of AI SDK spec v4; `undefined`: the endpoint does not say. `total` holds all the others: of
 * the input `noCache`, `cacheRead` and `cacheWrite`, of the output `text` and `reasoning`.
 */
export interface Usage {
  readonly inputTokens: {
    readonly total: number | undefined;
    readonly noCache: number | undefined;
    readonly cacheRead: number | undefined;
    readonly cacheWrite: number | undefined;
  };
  readonly outputTokens: {
    readonly total: number | undefined;
    readonly text: number | undefined;
    readonly reasoning: number | undefined;
  };
}

/** What an endpoint says of one of its own limits, as its rate headers do. */
export interface EndpointLimit {
  /** What a window allows. */
  readonly limit?: number;
  /** What is left of it. */
  readonly remaining?: number;
  /** When it is whole again, in milliseconds from now. */
  readonly resetMs?: number;
}

/** A request to a generative model, for telemetry: names as OpenTelemetry's conventions for generative AI write them. */
export interface ModelRequest {
  /** `chat`, `embeddings`, `text_completion`, … */
  readonly operation: string;
  /** Whose models they are: `openai`, `anthropic`, `azure.ai.openai`, … */
  readonly provider: string;
  /** The model that is asked for. */
  readonly model: string;
  /** The host that is asked. */
  readonly host?: string;
  readonly port?: number;
}

/** What a predictor reports of one attempt, by `call.report()`. Fields of a later report take the place of those of an earlier one. */
export interface CallReport {
  readonly usage?: Usage;
  /** Whether the usage is an estimate, as of a stream that broke before it told. @defaultValue false */
  readonly estimated?: boolean;
  /** The name of the model that answered, as prices name it. @defaultValue the name of the variant */
  readonly model?: string;
  /** What was asked of whom. Told before the request is sent, it is known of failures, too: events then have a record of the request. */
  readonly request?: ModelRequest;
  /** The id that the endpoint gave its answer. */
  readonly responseId?: string;
  /** Why the answer ended. Answers that end by `length`, `content-filter` or `error` are not whole: a cache does not keep them. */
  readonly finishReason?: 'stop' | 'length' | 'content-filter' | 'tool-calls' | 'error' | 'other';
  /** What the endpoint says of its own limits. */
  readonly limits?: { readonly requests?: EndpointLimit; readonly tokens?: EndpointLimit };
}

/** What a call has used, over all its attempts, those too that did not serve. */
export interface CallUsage extends Usage {
  /** Whether some of it is an estimate. */
  readonly estimated: boolean;
  /** In millionths of a US dollar, a whole number; `null` where some model has no price. */
  readonly costMicroUsd: number | null;
}
