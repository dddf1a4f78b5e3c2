#include "dufm/message.h"

#include <stdio.h>

#include "dufm/comm.h"

enum error message_take(struct message *out, bool *found) {
    int tag = 0;
    TRY(comm_probe(found, &out->from, &tag, &out->bytes));
    if (!*found) return ERROR_NONE;
    out->tag = (enum message_tag)tag;
    if (out->bytes > sizeof out->body)
        return RAISE(ERROR_MPI,
                     "rank %d sent %zu bytes with tag %d, at most %zu expected",
                     out->from, out->bytes, tag, sizeof out->body);
    return comm_receive(out->from, tag, &out->body, out->bytes);
}

enum error message_send(int to, enum message_tag tag, const void *body, size_t bytes) {
    return comm_send(to, (int)tag, body, bytes);
}

enum error message_send_error(int to, enum error code) {
    struct message_error message = {.code = (int32_t)code};
    snprintf(message.text, sizeof message.text, "%s", error_message());
    return message_send(to, MESSAGE_ERROR, &message, sizeof message);
}
