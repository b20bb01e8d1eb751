/** Providers of the AI SDK that OpenTelemetry's conventions for generative AI (1.41) name otherwise. */
const NAMES: Readonly<Record<string, string>> = {
  'amazon-bedrock': 'aws.bedrock',
  azure: 'azure.ai.openai',
  'azure-openai': 'azure.ai.openai',
  google: 'gcp.gemini',
  mistral: 'mistral_ai',
  vertex: 'gcp.vertex_ai',
  xai: 'x_ai',
};

/** The conventions' name of what a model of the AI SDK says of its provider: `openai.chat`, `google.vertex.chat`, … */
export function providerName(provider: string): string {
  const [first = '', second] = provider.split('.');
  if (first === 'google' && second === 'vertex') return 'gcp.vertex_ai';
  return Object.hasOwn(NAMES, first) ? (NAMES[first] ?? first) : first;
}
