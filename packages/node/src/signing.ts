export { hmacSigner } from './signing/hmac-signer.ts';
