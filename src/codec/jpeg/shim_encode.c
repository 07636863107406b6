/* The C side of JPEG encoding: see shim.h.
 *
 * The compressor writes into memory that the caller lends it for one call at a time; what was left
 * of it is told after each. Nothing is allocated here but the library's own working memory, which
 * goes with the image. */
#include "shim.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

struct ip_encoder {
  struct jpeg_compress_struct cinfo;
  struct jpeg_error_mgr errors;
  struct jpeg_destination_mgr destination;
  jmp_buf escape;
  int code; /* what ip_encoder_* return after a jump */
  char message[JMSG_LENGTH_MAX];
};

static ip_encoder *owner(j_common_ptr cinfo) { return (ip_encoder *)cinfo->client_data; }

static void on_error(j_common_ptr cinfo) {
  ip_encoder *encoder = owner(cinfo);
  cinfo->err->format_message(cinfo, encoder->message);
  encoder->code = cinfo->err->msg_code == JERR_OUT_OF_MEMORY ? IP_NO_MEMORY : IP_FAILED;
  longjmp(encoder->escape, 1);
}

static void on_message(j_common_ptr cinfo, int level) {
  (void)cinfo;
  (void)level;
}

static void on_output(j_common_ptr cinfo) { (void)cinfo; }

static void on_ends(j_compress_ptr cinfo) { (void)cinfo; }

/* The caller lends more than a call can need, so this is its defect; nothing is written beyond the
 * end. */
static boolean on_full(j_compress_ptr cinfo) {
  ERREXIT(cinfo, JERR_BUFFER_SIZE);
  return FALSE;
}

/* Apart from its caller, whose variables the jump would leave in doubt. */
static int create(ip_encoder *encoder) {
  if (setjmp(encoder->escape)) return encoder->code;
  jpeg_create_compress(&encoder->cinfo);
  encoder->cinfo.client_data = encoder;
  encoder->cinfo.dest = &encoder->destination;
  return 0;
}

ip_encoder *ip_encoder_new(void) {
  ip_encoder *encoder = calloc(1, sizeof *encoder);
  if (!encoder) return NULL;
  encoder->cinfo.err = jpeg_std_error(&encoder->errors);
  encoder->errors.error_exit = on_error;
  encoder->errors.emit_message = on_message;
  encoder->errors.output_message = on_output;
  encoder->cinfo.client_data = encoder;
  encoder->destination.init_destination = on_ends;
  encoder->destination.empty_output_buffer = on_full;
  encoder->destination.term_destination = on_ends;
  if (create(encoder) == 0) return encoder;
  free(encoder);
  return NULL;
}

void ip_encoder_free(ip_encoder *encoder) {
  if (!encoder) return;
  jpeg_destroy_compress(&encoder->cinfo);
  free(encoder);
}

const char *ip_encoder_message(const ip_encoder *encoder) { return encoder->message; }

static void lend(ip_encoder *encoder, const ip_spare *spare) {
  encoder->destination.next_output_byte = spare->next;
  encoder->destination.free_in_buffer = spare->left;
}

static void take_back(ip_encoder *encoder, ip_spare *spare) {
  spare->next = encoder->destination.next_output_byte;
  spare->left = encoder->destination.free_in_buffer;
  encoder->destination.next_output_byte = NULL;
  encoder->destination.free_in_buffer = 0;
}

int ip_encoder_start(ip_encoder *encoder, uint32_t width, uint32_t height, int32_t channels,
                     int32_t quality, ip_spare *spare) {
  struct jpeg_compress_struct *cinfo = &encoder->cinfo;
  if (setjmp(encoder->escape)) return encoder->code;
  /* Whatever became of the image before. */
  jpeg_abort_compress(cinfo);
  lend(encoder, spare);
  cinfo->image_width = width;
  cinfo->image_height = height;
  cinfo->input_components = channels;
  cinfo->in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  /* Chroma at half the size both ways is among the defaults. */
  jpeg_set_defaults(cinfo);
  jpeg_set_quality(cinfo, quality, TRUE);
  jpeg_start_compress(cinfo, TRUE);
  take_back(encoder, spare);
  return 0;
}

int ip_encoder_rows(ip_encoder *encoder, const uint8_t *rows, size_t stride, uint32_t count,
                    ip_spare *spare) {
  struct jpeg_compress_struct *cinfo = &encoder->cinfo;
  if (setjmp(encoder->escape)) return encoder->code;
  lend(encoder, spare);
  JSAMPROW some[IP_STRIP];
  for (uint32_t done = 0; done < count; done += IP_STRIP) {
    const uint32_t left = count - done, now = left < IP_STRIP ? left : IP_STRIP;
    /* The library does not write to them: its interface is older than `const`. */
    for (uint32_t i = 0; i < now; i++) some[i] = (JSAMPROW)(rows + (size_t)(done + i) * stride);
    jpeg_write_scanlines(cinfo, some, now);
  }
  take_back(encoder, spare);
  return 0;
}

int ip_encoder_finish(ip_encoder *encoder, ip_spare *spare) {
  if (setjmp(encoder->escape)) return encoder->code;
  lend(encoder, spare);
  jpeg_finish_compress(&encoder->cinfo);
  take_back(encoder, spare);
  return 0;
}
