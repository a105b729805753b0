@testable import NornFlow
import Testing

@Suite struct SortedChunksTests {
    @Test func aSortedArrayAgrees() {
        var random = SystemRandomNumberGenerator()
        var chunks = SortedChunks<Int>()
        var array: [Int] = []
        for _ in 0..<5_000 {
            let number = Int.random(in: 0..<3_000, using: &random)
            if let place = array.firstIndex(where: { $0 >= number }), array[place] == number {
                let isRemoved = chunks.remove(number)
                #expect(isRemoved)
                array.remove(at: place)
            } else {
                let isRemoved = chunks.remove(number)
                #expect(!isRemoved)
                chunks.insert(number)
                array.insert(number, at: array.firstIndex { $0 > number } ?? array.count)
            }
            #expect(chunks.rank(of: number) == array.firstIndex { $0 >= number } ?? array.count)
        }
        #expect(chunks.prefix(10_000) == array)
        #expect(chunks.count == array.count && chunks.first == array.first && chunks.last == array.last)
    }
}
