import Testing

@testable import Fleet

/// When a sequence is due.
@Suite struct BeatsTests {
    private let beats = Beats(interval: 10)

    @Test("The next beat is an interval after the last, also where that was a little late")
    func inTime() {
        #expect(beats.next(after: 20, now: 22) == 30)
        #expect(beats.next(after: 20, now: 30) == 30)
        #expect(beats.next(after: 20, now: 39) == 30)
    }

    @Test("Beats that were missed are not made up for, and those after them keep their times")
    func missed() {
        let late = beats.next(after: 20, now: 53)
        #expect(late == 50)
        #expect(beats.next(after: late, now: 54) == 60)
        #expect(beats.next(after: 20, now: 40) == 40)
    }

    @Test("A body that is left alone for a while is asked at a beat again")
    func pausing() {
        #expect(beats.next(after: 20, notBefore: 25) == 30)
        #expect(beats.next(after: 20, notBefore: 30) == 30)
        #expect(beats.next(after: 20, notBefore: 31) == 40)
        #expect(beats.next(after: 20, notBefore: 50) == 50)
    }

    @Test("Without an interval it is due as soon as the last is done")
    func dense() {
        let beats = Beats(interval: 0)
        #expect(beats.next(after: 20, now: 25) == 25)
        #expect(beats.next(after: 20, now: 20) == 20)
        #expect(beats.next(after: 20, notBefore: 31) == 31)
    }
}
