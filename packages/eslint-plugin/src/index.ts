export { plugin as default, type PolyvisorPlugin } from './plugin.ts';
export { devicePurity } from './device-purity/device-purity.ts';
export { hot } from './hot/hot.ts';
export { polyvisorLayers, type LayerMap, type LayerOptions } from './layers/layer-map.ts';
export { layers } from './layers/layers.ts';
