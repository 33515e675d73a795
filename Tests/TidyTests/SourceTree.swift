import Foundation

/// The working tree these tests were built from.
enum SourceTree {
    /// Three folders up from this file.
    static let root: URL = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let topLevel: [String] = {
        (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
    }()

    /// Paths of all files we wrote, relative to the root, sorted.
    static let paths: [String] = {
        let places = ["Sources", "CShims", "Tests", "Benchmarks", "tools", "docs", ".ci"]
        let single = ["Package.swift", "README.md", "CHANGELOG.md"].filter(exists)
        return (single + places.flatMap(files)).sorted()
    }()

    /// Every text file of ours.
    static let texts: [SourceFile] = {
        let endings = [
            ".swift", ".h", ".c", ".py", ".sh", ".md", ".toml", ".yml", ".yaml", ".html",
        ]
        return paths.filter { path in
            endings.contains(where: path.hasSuffix)
                || (path.hasPrefix("tools/") && isRunnable(path))
                || path.hasPrefix(".ci/")
        }.compactMap(read)
    }()

    static let swift: [SourceFile] = texts.filter(\.isSwift)
    static let documents: [SourceFile] = texts.filter { $0.path.hasSuffix(".md") }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    static func isRunnable(_ path: String) -> Bool {
        let url = root.appending(path: path)
        let isFolder = try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory
        return isFolder == false && FileManager.default.isExecutableFile(atPath: url.path)
    }

    static func read(_ path: String) -> SourceFile? {
        guard let data = try? Data(contentsOf: root.appending(path: path)),
            let text = String(data: data, encoding: .utf8)
        else { return nil }
        return SourceFile(path: path, text: text)
    }

    private static func files(in folder: String) -> [String] {
        let base = root.appending(path: folder)
        guard let walk = FileManager.default.enumerator(atPath: base.path) else { return [] }
        return walk.compactMap { $0 as? String }
            .filter {
                !$0.split(separator: "/").contains { $0.hasPrefix(".") || $0 == "__pycache__" }
            }
            .map { "\(folder)/\($0)" }
    }
}
