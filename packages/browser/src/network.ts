export { type EffectiveType, network, type NetworkOptions, type NetworkSignals } from './network/network.ts';
