/**
 * Names of providers by the end of their hosts, as OpenTelemetry's conventions for generative AI (1.41) write them. Many servers speak the protocol of
 * another one.
 */
const PROVIDERS: readonly (readonly [host: string, provider: string])[] = [
  ['openai.com', 'openai'],
  ['openai.azure.com', 'azure.ai.openai'],
  ['services.ai.azure.com', 'azure.ai.inference'],
  ['anthropic.com', 'anthropic'],
  ['amazonaws.com', 'aws.bedrock'],
  ['generativelanguage.googleapis.com', 'gcp.gemini'],
  ['aiplatform.googleapis.com', 'gcp.vertex_ai'],
  ['cohere.com', 'cohere'],
  ['cohere.ai', 'cohere'],
  ['deepseek.com', 'deepseek'],
  ['groq.com', 'groq'],
  ['mistral.ai', 'mistral_ai'],
  ['perplexity.ai', 'perplexity'],
  ['x.ai', 'x_ai'],
];

/** Whose models a host serves; the protocol's own name where the host is none of theirs. */
export function providerName(host: string, protocol: string): string {
  return PROVIDERS.find(([end]) => host === end || host.endsWith(`.${end}`))?.[1] ?? protocol;
}
