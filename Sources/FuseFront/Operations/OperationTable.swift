internal import CFuse3

extension FuseOperations {
  /// The callbacks by libfuse's names.
  static let table = fuse_lowlevel_ops(
    init: { start(userData: $0, connection: $1) },
    destroy: { end(userData: $0) },

    lookup: { lookup(request: $0, parent: $1, name: $2) },
    forget: { forget(request: $0, inode: $1, count: $2) },
    getattr: { getattr(request: $0, inode: $1, information: $2) },
    setattr: { setattr(request: $0, inode: $1, wanted: $2, mask: $3, information: $4) },
    readlink: { readlink(request: $0, inode: $1) },
    mknod: { mknod(request: $0, parent: $1, name: $2, mode: $3, device: $4) },
    mkdir: { mkdir(request: $0, parent: $1, name: $2, mode: $3) },
    unlink: { unlink(request: $0, parent: $1, name: $2) },
    rmdir: { rmdir(request: $0, parent: $1, name: $2) },
    symlink: { symlink(request: $0, target: $1, parent: $2, name: $3) },
    rename: { rename(request: $0, parent: $1, name: $2, newParent: $3, newName: $4, flags: $5) },
    link: { link(request: $0, inode: $1, newParent: $2, newName: $3) },

    open: { open(request: $0, inode: $1, information: $2) },
    read: { read(request: $0, inode: $1, count: $2, offset: $3, information: $4) },
    write: { write(request: $0, inode: $1, bytes: $2, count: $3, offset: $4, information: $5) },
    flush: { flush(request: $0, inode: $1, information: $2) },
    release: { release(request: $0, inode: $1, information: $2) },
    fsync: { fsync(request: $0, inode: $1, dataOnly: $2, information: $3) },

    opendir: { opendir(request: $0, inode: $1, information: $2) },
    readdir: { readdir(request: $0, inode: $1, size: $2, offset: $3, information: $4) },
    releasedir: { releasedir(request: $0, inode: $1, information: $2) },
    fsyncdir: { fsyncdir(request: $0, inode: $1, dataOnly: $2, information: $3) },
    statfs: { statfs(request: $0, inode: $1) },

    setxattr: { setxattr(request: $0, inode: $1, name: $2, value: $3, size: $4, flags: $5) },
    getxattr: { getxattr(request: $0, inode: $1, name: $2, size: $3) },
    listxattr: { listxattr(request: $0, inode: $1, size: $2) },
    removexattr: { removexattr(request: $0, inode: $1, name: $2) },

    access: nil,
    create: { create(request: $0, parent: $1, name: $2, mode: $3, information: $4) },
    getlk: nil,
    setlk: nil,
    bmap: nil,
    ioctl: {
      ioctl(
        request: $0, inode: $1, command: $2, argument: $3, information: $4, flags: $5, input: $6, inputSize: $7,
        outputSize: $8)
    },
    poll: nil,
    write_buf: nil,
    retrieve_reply: nil,
    forget_multi: { forgetMany(request: $0, count: $1, forgotten: $2) },
    flock: nil,
    fallocate: { fallocate(request: $0, inode: $1, mode: $2, offset: $3, length: $4, information: $5) },
    readdirplus: { readdirplus(request: $0, inode: $1, size: $2, offset: $3, information: $4) },
    copy_file_range: {
      copyRange(
        request: $0, inode: $1, offset: $2, information: $3, newInode: $4, newOffset: $5, newInformation: $6, count: $7,
        flags: $8)
    },
    lseek: { lseek(request: $0, inode: $1, offset: $2, origin: $3, information: $4) }
  )
}
