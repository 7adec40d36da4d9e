# The gateway, and the mount where the container is given /dev/fuse (--device /dev/fuse --cap-add SYS_ADMIN).
FROM swift:6.3-bookworm AS build
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends \
      libfuse3-dev libmicrohttpd-dev libarchive-dev libcurl4-openssl-dev libssl-dev libexpat1-dev zlib1g-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
COPY web web
RUN swift build -c release --product localstackmount --static-swift-stdlib \
 && install -D -s "$(swift build -c release --static-swift-stdlib --show-bin-path)/localstackmount" /out/localstackmount

FROM debian:bookworm-slim
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends \
      libfuse3-3 fuse3 libmicrohttpd12 libarchive13 libcurl4 libssl3 libexpat1 zlib1g ca-certificates \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/localstackmount /usr/bin/localstackmount
EXPOSE 8080
ENTRYPOINT ["localstackmount"]
CMD ["--http", "0.0.0.0:8080"]
