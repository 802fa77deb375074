// Values as they cross between the languages (docs/protocol.md §4), twin of python/isthmus/_bridge/codec.

export { decodeKeyedValues, decodeValue, decodeValues } from './decode.ts';
export { encodeValue, encodeValues } from './encode.ts';
export { typedReader } from './typed-reader.ts';
export { typedWriter } from './typed.ts';
export {
  carryMark,
  carryMark as carryTupleMark,
  isTuple,
  markFrozenSet,
  markTuple,
} from './marks.ts';
