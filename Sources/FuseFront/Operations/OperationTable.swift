internal import CFuse3

/// The callbacks of `FuseOperations` by libfuse's names.
enum OperationTable {
  static let callbacks = fuse_lowlevel_ops(
    init: { FuseOperations.start(userData: $0, connection: $1) },
    destroy: { FuseOperations.end(userData: $0) },

    lookup: { FuseOperations.lookup(request: $0, parent: $1, name: $2) },
    forget: { FuseOperations.forget(request: $0, inode: $1, count: $2) },
    getattr: { FuseOperations.getattr(request: $0, inode: $1, information: $2) },
    setattr: { FuseOperations.setattr(request: $0, inode: $1, wanted: $2, mask: $3, information: $4) },
    readlink: { FuseOperations.readlink(request: $0, inode: $1) },
    mknod: { FuseOperations.mknod(request: $0, parent: $1, name: $2, mode: $3, device: $4) },
    mkdir: { FuseOperations.mkdir(request: $0, parent: $1, name: $2, mode: $3) },
    unlink: { FuseOperations.unlink(request: $0, parent: $1, name: $2) },
    rmdir: { FuseOperations.rmdir(request: $0, parent: $1, name: $2) },
    symlink: { FuseOperations.symlink(request: $0, target: $1, parent: $2, name: $3) },
    rename: { FuseOperations.rename(request: $0, parent: $1, name: $2, newParent: $3, newName: $4, flags: $5) },
    link: { FuseOperations.link(request: $0, inode: $1, newParent: $2, newName: $3) },

    open: { FuseOperations.open(request: $0, inode: $1, information: $2) },
    read: { FuseOperations.read(request: $0, inode: $1, count: $2, offset: $3, information: $4) },
    write: { FuseOperations.write(request: $0, inode: $1, bytes: $2, count: $3, offset: $4, information: $5) },
    flush: { FuseOperations.flush(request: $0, inode: $1, information: $2) },
    release: { FuseOperations.release(request: $0, inode: $1, information: $2) },
    fsync: { FuseOperations.fsync(request: $0, inode: $1, dataOnly: $2, information: $3) },

    opendir: { FuseOperations.opendir(request: $0, inode: $1, information: $2) },
    readdir: { FuseOperations.readdir(request: $0, inode: $1, size: $2, offset: $3, information: $4) },
    releasedir: { FuseOperations.releasedir(request: $0, inode: $1, information: $2) },
    fsyncdir: { FuseOperations.fsyncdir(request: $0, inode: $1, dataOnly: $2, information: $3) },
    statfs: { FuseOperations.statfs(request: $0, inode: $1) },

    setxattr: { FuseOperations.setxattr(request: $0, inode: $1, name: $2, value: $3, size: $4, flags: $5) },
    getxattr: { FuseOperations.getxattr(request: $0, inode: $1, name: $2, size: $3) },
    listxattr: { FuseOperations.listxattr(request: $0, inode: $1, size: $2) },
    removexattr: { FuseOperations.removexattr(request: $0, inode: $1, name: $2) },

    access: nil,
    create: { FuseOperations.create(request: $0, parent: $1, name: $2, mode: $3, information: $4) },
    getlk: nil,
    setlk: nil,
    bmap: nil,
    ioctl: {
      FuseOperations.ioctl(
        request: $0, inode: $1, command: $2, argument: $3, information: $4, flags: $5, input: $6, inputSize: $7,
        outputSize: $8)
    },
    poll: nil,
    write_buf: nil,
    retrieve_reply: nil,
    forget_multi: { FuseOperations.forgetMany(request: $0, count: $1, forgotten: $2) },
    flock: nil,
    fallocate: { FuseOperations.fallocate(request: $0, inode: $1, mode: $2, offset: $3, length: $4, information: $5) },
    readdirplus: { FuseOperations.readdirplus(request: $0, inode: $1, size: $2, offset: $3, information: $4) },
    copy_file_range: {
      FuseOperations.copyRange(
        request: $0, inode: $1, offset: $2, information: $3, newInode: $4, newOffset: $5, newInformation: $6, count: $7,
        flags: $8)
    },
    lseek: { FuseOperations.lseek(request: $0, inode: $1, offset: $2, origin: $3, information: $4) }
  )
}
