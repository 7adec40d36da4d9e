# Names for the tasks in scripts/.
.PHONY: build run test unit end-to-end model http-only tsan lint localstack docker

build:
	scripts/build
run:
	scripts/run
test:
	scripts/test
unit end-to-end model http-only tsan lint:
	scripts/test $@
localstack:
	scripts/localstack start --foreground
docker:
	scripts/package deb
	docker compose up --build
