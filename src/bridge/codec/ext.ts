// Extension types of values (docs/protocol.md §4), twin of python/isthmus/_bridge/codec/ext.py.

/** Values nest no deeper than this, on either side. */
export const MAX_DEPTH = 64;
/** Lists shorter than this travel record by record. */
export const MIN_COLUMNS_RECORDS = 4;
/** Digits of an integer, as Python limits them: more would take a time that grows with their square. */
export const MAX_INT_DIGITS = 4300;
/** Fields of a record that may travel as columns. */
export const MAX_COLUMNS = 1000;

export const TUPLE = 0x01;
export const SET = 0x02;
export const FROZENSET = 0x03;
export const BIG_INT = 0x04;
export const DATETIME = 0x05;
export const DATETIME_ZONED = 0x06;
export const DATE = 0x07;
export const TIME = 0x08;
export const TIMEDELTA = 0x09;
export const DECIMAL = 0x0a;
export const UUID = 0x0b;
export const MAP = 0x0c;
export const ROW = 0x0d;
export const NDARRAY = 0x0e;
export const INSTANT = 0x0f;
export const COLUMNS = 0x10;

/** First element of COLUMNS: what a record is. */
export const DICT_RECORDS = 0;
export const TUPLE_RECORDS = 1;
/** Behind it come the kind of the rows and whether they have names. */
export const ROW_RECORDS = 2;
