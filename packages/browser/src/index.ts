export { beacon, type BeaconOptions, type BeaconSink, type Consent } from './sinks/beacon.ts';
