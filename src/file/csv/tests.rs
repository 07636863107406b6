use super::*;

fn rows(text: &str) -> Result<Vec<(u64, Vec<String>)>> {
    let mut csv = Csv::new(Path::new("list.csv"), text.into())?;
    let (mut row, mut all) = (ByteRecord::new(), Vec::new());
    while let Some(line) = csv.next(&mut row)? {
        all.push((
            line,
            row.iter()
                .map(|cell| String::from_utf8_lossy(cell).into_owned())
                .collect(),
        ));
    }
    Ok(all)
}

fn row(line: u64, cells: [&str; 2]) -> (u64, Vec<String>) {
    (line, cells.map(str::to_owned).to_vec())
}

#[test]
fn cells_are_stripped_and_quotes_undone() {
    let csv = Csv::new(
        Path::new("list.csv"),
        "\u{feff} filename , class\r\n".into(),
    )
    .unwrap();
    assert_eq!(csv.header(), vec!["filename", "class"]);
    let text = "a,b\r\n 1.jpg , cat \n\"a,b.jpg\",\"a \"\"dog\"\"\"";
    assert_eq!(
        rows(text).unwrap(),
        [row(2, ["1.jpg", "cat"]), row(3, ["a,b.jpg", "a \"dog\""])]
    );
}

#[test]
fn blanks_in_quotes_were_stripped() {
    let text =
        "a,b\n\" 1.jpg\", cat \n 2.jpg,\"\ta \"\"dog\"\" \"  \n\n\"3.jpg \" ,\" \"\n4 \" , \"x \"";
    let expected = [
        row(2, [" 1.jpg", "cat"]),
        row(3, ["2.jpg", "\ta \"dog\" "]),
        row(5, ["3.jpg ", " "]),
        row(6, ["4 \"", "x "]),
    ];
    assert_eq!(rows(text).unwrap(), expected);
    assert_eq!(rows(&text.replace('\n', "\r\n")).unwrap(), expected);
    assert_eq!(rows("a\tb\n\" 1\"\t 2\n").unwrap(), [row(2, [" 1", "2"])]);
    assert_eq!(rows("a,b\n, 2 \n").unwrap(), [row(2, ["", "2"])]);
}

#[test]
fn quotes_behind_a_blank_were_part_of_the_cell() {
    let text = "filename, \"class\"\n1.jpg, \"cat\"\n2.jpg, \"a \"\"dog\"\"\"\n";
    assert_eq!(
        rows(text).unwrap(),
        [row(2, ["1.jpg", "cat"]), row(3, ["2.jpg", "a \"dog\""])]
    );
    assert!(
        Csv::new(Path::new("list.csv"), text.into())
            .unwrap()
            .columns()
            .unwrap()
            .named
    );
    let reason = rows("a,b\n1.jpg, \"cat, big\"\n").unwrap_err().to_string();
    assert!(
        reason.ends_with(
            "2; a quote counts only at the very beginning of a cell, without a blank before it"
        ),
        "{reason}"
    );
}

#[test]
fn columns_are_found_by_name_else_by_place() {
    let columns = |text: &str| {
        let found = Csv::new(Path::new("list.csv"), text.into())
            .unwrap()
            .columns();
        found
            .map(|columns| (columns.filename, columns.class))
            .map_err(|error| error.reason())
    };
    assert_eq!(columns("filename,width,class"), Ok((0, 2)));
    assert_eq!(columns(" CLASS , x,\"Filename\""), Ok((2, 0)));
    assert_eq!(columns("image,label"), Ok((0, 1)));
    assert_eq!(columns("class,label,file"), Ok((0, 1)));
    assert_eq!(
        columns("filename,class,CLASS"),
        Err("line 1: two columns are called \"class\"".to_owned())
    );
    assert_eq!(
        columns("filename"),
        Err("line 1: two columns are needed, with a header".to_owned())
    );
    let reason = "line 1: \"a/0.JPG\" is a file, where the first line names the columns";
    assert_eq!(columns("a/0.JPG,cat"), Err(reason.to_owned()));
}

#[test]
fn lists_of_im2rec_were_read_as_tables() {
    let open = |name: &str| {
        Csv::new(
            Path::new(name),
            "0\t3.000000\tcat/1.jpg\n1\t3\tcat/2.jpg\n".into(),
        )
    };
    let reason = open("train.lst").unwrap_err().to_string();
    assert_eq!(
        reason,
        "train.lst: line 1: an im2rec list, which is not read: convert it to a CSV of filename and \
         class"
    );
    open("train.csv").unwrap();
}

#[test]
fn columns_that_may_be_meant_and_are_not_taken_are_told() {
    let note = |text: &str| {
        let csv = Csv::new(Path::new("list.csv"), text.into()).unwrap();
        csv.note(csv.columns().unwrap())
    };
    let expected = "list.csv: files and classes are taken from the first two columns, \"image\" \
    and \"age\": to choose \
                    others, call them \"filename\" and \"class\"";
    assert_eq!(note("image,age,label").as_deref(), Some(expected));
    assert!(note(",image,label").is_some() && note("filename,cat,dog").is_some());
    for text in ["image,label", "image,label,", "x,class,filename"] {
        assert_eq!(note(text), None, "{text}");
    }
}

#[test]
fn semicolons_and_tabs_separate_as_commas_do() {
    let expected = [row(2, ["1.jpg", "cat"]), row(3, ["a 2.jpg", "dog"])];
    for separator in [",", ";", "\t"] {
        let text = ["filename,class", " 1.jpg , cat ", "a 2.jpg,\"dog\""]
            .map(|line| line.replace(',', separator));
        assert_eq!(rows(&text.join("\r\n")).unwrap(), expected, "{separator:?}");
    }
    // What is in quotes separates nothing; a cell may hold the others.
    assert_eq!(rows("\"a;b\",c\n1;2,3\n").unwrap(), [row(2, ["1;2", "3"])]);
    assert_eq!(
        rows("filename;class\nx,y.jpg;3,0\n").unwrap(),
        [row(2, ["x,y.jpg", "3,0"])]
    );
    // Of several, the one that makes the columns of it.
    assert_eq!(rows("\"Class\" ;filename;a,b\n1;2;3\n").unwrap().len(), 1);
    assert_eq!(rows("filename,class,a;b\n1,2,3\n").unwrap().len(), 1);
}

#[test]
fn a_line_before_the_header_says_the_separator() {
    for text in ["sep=;\na;b,c\n1;2\n", "\u{feff}SEP=;\r\na;b,c\r\n1;2\r\n"] {
        assert_eq!(rows(text).unwrap(), [row(3, ["1", "2"])], "{text:?}");
    }
    assert_eq!(
        rows("sep=\t\na\tb;c\n1\t2\n").unwrap(),
        [row(3, ["1", "2"])]
    );
    assert_eq!(
        rows("\"sep=;\"\na;b,c\n1;2\n").unwrap(),
        [row(3, ["1", "2"])],
        "in quotes"
    );
    assert_eq!(rows("sep=|\na|b\n1|2\n").unwrap(), [row(3, ["1", "2"])]);
    assert_eq!(
        rows("sep=;\n").unwrap_err().reason(),
        "empty: a first line that names the columns is needed"
    );
    let csv = Csv::new(Path::new("list.csv"), "sep=,\na\n1\n".into()).unwrap();
    assert_eq!(
        csv.columns().unwrap_err().reason(),
        "line 2: two columns are needed, with a header"
    );
}

#[test]
fn a_separator_that_is_not_sure_or_not_known_is_named() {
    let reason = |text: &str| rows(text).unwrap_err().reason();
    assert_eq!(
        reason("image;path,label\n1,2\n"),
        "line 1: it has both commas and semicolons, and either may separate the columns: say \
         which in a line before \
         it, \"sep=,\" or \"sep=;\""
    );
    assert!(reason("a;b\tc\n").contains("both semicolons and tabs"));
    let width = |text: &str| {
        Csv::new(Path::new("list.csv"), text.into())
            .unwrap()
            .columns()
            .unwrap_err()
            .reason()
    };
    assert_eq!(
        width("filename|class\n"),
        "line 1: two columns are needed, with a header, separated by commas, semicolons or tabs, \
         where it has \"|\""
    );
}

#[test]
fn what_is_no_text_is_said_and_not_shown() {
    let reason = |bytes: &[u8]| {
        Csv::new(Path::new("list.csv"), bytes.to_vec())
            .unwrap_err()
            .reason()
    };
    assert_eq!(
        reason(b"\xff\xfef\0i\0,\0"),
        "text in UTF-16: save it as UTF-8"
    );
    assert_eq!(
        reason(b"\xff\xfe\0\0f\0\0\0"),
        "text in UTF-32: save it as UTF-8"
    );
    assert_eq!(
        reason(b"\0\0\xfe\xff\0\0\0f"),
        "text in UTF-32: save it as UTF-8"
    );
    assert_eq!(
        reason(b"PK\x03\x04\x14\0\x06\0"),
        "not a CSV file, but a ZIP archive (.zip, .npz, .xlsx, .pt)"
    );
    assert_eq!(
        reason(b"\x7fELF\x02\x01\0\0,"),
        "not a CSV file, but a file that is not text"
    );
}

#[test]
fn whole_numbers_are_digits() {
    let numbers = [
        "0",
        " 01",
        "12.0 ",
        "9223372036854775807",
        "99999999999999999999",
    ];
    let most = Some(i64::MAX as u64);
    assert_eq!(
        numbers.map(|cell| whole_number(cell.as_bytes())),
        [Some(0), Some(1), Some(12), most, most]
    );
    for cell in ["", ".0", "-1", "+1", "1.5", "1.00", "1e3", "1 1", "\u{661}"] {
        assert_eq!(whole_number(cell.as_bytes()), None, "{cell}");
    }
}

#[test]
fn a_quote_that_is_never_closed_was_a_row_of_too_few_cells() {
    let reason = |text| rows(text).unwrap_err().reason();
    let open = |line| format!("line {line}: a quote that is opened in this row is never closed");
    assert_eq!(reason("a,b\n1,2\n\n\"3,4\n5,6\n"), open(4));
    assert_eq!(
        reason("a,b\n1,\"2\n3,4\n"),
        open(2),
        "which took all rows below for its cell"
    );
    assert_eq!(reason("a,b\n1,\"2"), open(2));
    assert_eq!(
        reason("\"a,b\n1,2\n"),
        "line 1: a quote that is opened in the first line is never closed"
    );
    assert_eq!(
        rows("a,b\n1,5\" disk").unwrap(),
        [row(2, ["1", "5\" disk"])]
    );
    assert_eq!(
        rows("a,b\n1,\"5\"\" disk\"\n").unwrap(),
        [row(2, ["1", "5\" disk"])]
    );
}

#[test]
fn lines_are_counted_with_empty_ones_and_those_in_cells() {
    let text = "a,b\n\n\n1,2\n\"x\ny\",3\r\n\r\n4,5\n\n";
    let expected = [
        row(4, ["1", "2"]),
        row(5, ["x\ny", "3"]),
        row(8, ["4", "5"]),
    ];
    assert_eq!(rows(text).unwrap(), expected);
    assert_eq!(
        rows("a,b\n  \n\t\n1,2\n\"x\ny\",3\r\n  \r\n4,5\n \n  ").unwrap(),
        expected,
        "of blanks alone"
    );
}

#[test]
fn a_row_of_another_length_names_its_line() {
    let reason = |text| rows(text).unwrap_err().to_string();
    assert_eq!(
        reason("a,b\n1,2\n\n3\n"),
        "list.csv: line 4: 1 cell, where the first line has 2"
    );
    assert_eq!(
        reason("a,b\n1,2,3\n"),
        "list.csv: line 2: 3 cells, where the first line has 2"
    );
    assert_eq!(
        reason(""),
        "list.csv: empty: a first line that names the columns is needed"
    );
}
