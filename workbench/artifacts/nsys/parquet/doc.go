// Package parquet reads flat Parquet files: columns of numbers, truth values and
// bytes, of which a value may be missing, and nothing nested. That is what nsys
// export --type parquetdir writes. A library for the whole format would make the
// program half as large again, so this reads the part that is needed: data pages of
// both versions, plain and dictionary encoding, and the codecs snappy, gzip and
// zstd. What lies beyond is Unsupported, damage is Corrupt. No input makes it panic,
// or reserve memory far beyond the size of the file.
//
// The format is described at https://parquet.apache.org/docs/file-format/.
package parquet
