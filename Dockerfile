# The gateway, and the mount where the container is given /dev/fuse (--device /dev/fuse --cap-add SYS_ADMIN). The .deb is
# that of dist/ (scripts/package deb).
FROM debian:bookworm-slim
COPY dist/localstackmount_*_amd64.deb /tmp/
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends /tmp/localstackmount_*_amd64.deb ca-certificates \
 && rm -rf /var/lib/apt/lists/* /tmp/localstackmount_*.deb
EXPOSE 8080
ENTRYPOINT ["localstackmount"]
CMD ["--http", "0.0.0.0:8080"]
