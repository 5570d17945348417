/* SPDX-License-Identifier: Apache-2.0
 * Phones home without any library but the C library's: "phone tcp PORT", "phone udp PORT". */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int count, char **words) {
    if (count < 3) return 2;
    int udp = !strcmp(words[1], "udp");
    int s = socket(AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0);
    struct sockaddr_in where = {0};
    where.sin_family = AF_INET;
    where.sin_port = htons(atoi(words[2]));
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (s < 0 || connect(s, (void *)&where, sizeof where) < 0) {
        printf("errno %d\n", errno);
        return 1;
    }
    for (int i = 0; udp && i < 2; i++)
        if (send(s, "out", 3, 0) < 0) {
            printf("errno %d\n", errno);
            return 1;
        }
    return 0;
}
