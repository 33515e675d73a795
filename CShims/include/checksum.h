/* CRC32C (Castagnoli, reflected polynomial 0x82F63B78): the check of everything on the device.
 * The instruction of the machine where it has one, a table where it has none, chosen at the first
 * call. */
#ifndef CAIRN_CHECKSUM_H
#define CAIRN_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* The CRC of bytes whose CRC so far is `crc` (0 at the start) followed by `bytes` at `p`. */
uint32_t cairn_crc32c(uint32_t crc, const void *p, size_t bytes);
/* The same by table: what the machine's instruction is tested against. */
uint32_t cairn_crc32c_table(uint32_t crc, const void *p, size_t bytes);
/* Whether `cairn_crc32c` uses the machine's instruction. */
int cairn_crc32c_is_hardware(void);

#endif
